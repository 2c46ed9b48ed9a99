package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.FieldMask;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.CryptoKeyVersion.State;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.EnableCryptoKeyVersionRequest;
import dev.keyservice.v1.ListCryptoKeyVersionsRequest;
import dev.keyservice.v1.RestoreCryptoKeyVersionRequest;
import dev.keyservice.v1.RotateCryptoKeyRequest;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A key that one caller changes at random, and what it must be: each change is counted once,
/// whether its answer arrived or the request had to be sent again.
final class ChangedKey {
  private static final int MOST_VERSIONS = 20;
  private static final int REMEMBERED = 20;

  private final String prefix;
  private final Random random;
  private final Deque<Change> done = new ArrayDeque<>();
  private final List<State> versions = new ArrayList<>();
  private int keys;
  private int primary;
  private String label = "";
  private @Nullable Change pending;
  private int answered;

  /// A request that is the same each time it is sent.
  ///
  /// @param send answers with the name of what it was about
  /// @param effect on what the key must be
  private record Change(Function<Calls, String> send, Runnable effect, String expected) {}

  ChangedKey(String prefix, long seed) {
    this.prefix = prefix;
    this.random = new Random(seed);
  }

  /// Makes one change, or finishes the one whose answer did not arrive.
  void change(Calls calls) {
    var change = pending == null ? next() : pending;
    pending = change;
    assertEquals(change.expected(), change.send().apply(calls));
    change.effect().run();
    pending = null;
    answered++;
    done.addLast(change);
    if (done.size() > REMEMBERED) {
      var _ = done.removeFirst();
    }
  }

  /// How many changes were answered.
  int answered() {
    return answered;
  }

  /// The key is what it must be, and sending what was answered again does not change that.
  ///
  /// @return how many requests were sent again
  int verify(Calls calls) {
    if (pending != null) {
      change(calls);
    }
    if (keys == 0) {
      return 0;
    }
    assertAsItMustBe(calls);
    for (var change : done) {
      assertEquals(change.expected(), change.send().apply(calls));
    }
    assertAsItMustBe(calls);
    return done.size();
  }

  private void assertAsItMustBe(Calls calls) {
    var key = calls.getKey(name());
    assertEquals(version(primary), key.getPrimary().getName());
    assertEquals(label, key.getLabelsOrDefault("n", ""));
    var request = ListCryptoKeyVersionsRequest.newBuilder().setParent(name()).build();
    var seen = calls.keys().listCryptoKeyVersions(request).getCryptoKeyVersionsList();
    assertEquals(versions, seen.stream().map(CryptoKeyVersion::getState).toList(), name());
  }

  private String name() {
    return "keyRings/crash/cryptoKeys/" + prefix + keys;
  }

  private String version(int number) {
    return name() + "/cryptoKeyVersions/" + number;
  }

  private Change next() {
    if (keys == 0 || versions.size() >= MOST_VERSIONS) {
      return create();
    }
    return switch (random.nextInt(4)) {
      case 0 -> rotate();
      case 1 -> createVersion();
      case 2 -> update();
      default -> move();
    };
  }

  private Change create() {
    var id = prefix + (keys + 1);
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent("keyRings/crash")
            .setCryptoKeyId(id)
            .setCryptoKey(CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return new Change(
        calls -> calls.keys().createCryptoKey(request).getName(),
        () -> {
          keys++;
          versions.clear();
          versions.add(State.ENABLED);
          primary = 1;
          label = "";
          done.clear();
        },
        "keyRings/crash/cryptoKeys/" + id);
  }

  private Change rotate() {
    var request =
        RotateCryptoKeyRequest.newBuilder()
            .setName(name())
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return new Change(
        calls -> calls.keys().rotateCryptoKey(request).getName(),
        () -> {
          versions.add(State.ENABLED);
          primary = versions.size();
        },
        name());
  }

  private Change createVersion() {
    var request =
        CreateCryptoKeyVersionRequest.newBuilder()
            .setParent(name())
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return new Change(
        calls -> calls.keys().createCryptoKeyVersion(request).getName(),
        () -> versions.add(State.ENABLED),
        version(versions.size() + 1));
  }

  private Change update() {
    var value = Integer.toString(random.nextInt(1_000_000));
    var request =
        UpdateCryptoKeyRequest.newBuilder()
            .setCryptoKey(CryptoKey.newBuilder().setName(name()).putLabels("n", value))
            .setUpdateMask(FieldMask.newBuilder().addPaths("labels"))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return new Change(
        calls -> calls.keys().updateCryptoKey(request).getName(), () -> label = value, name());
  }

  /// Moves a version on: enabled, disabled, to be destroyed, restored.
  private Change move() {
    var number = 1 + random.nextInt(versions.size());
    var name = version(number);
    var id = UUID.randomUUID().toString();
    return switch (versions.get(number - 1)) {
      case ENABLED ->
          moved(
              number,
              State.DISABLED,
              calls ->
                  calls
                      .keys()
                      .disableCryptoKeyVersion(
                          DisableCryptoKeyVersionRequest.newBuilder()
                              .setName(name)
                              .setRequestId(id)
                              .build())
                      .getName());
      case DISABLED ->
          random.nextBoolean()
              ? moved(
                  number,
                  State.ENABLED,
                  calls ->
                      calls
                          .keys()
                          .enableCryptoKeyVersion(
                              EnableCryptoKeyVersionRequest.newBuilder()
                                  .setName(name)
                                  .setRequestId(id)
                                  .build())
                          .getName())
              : moved(
                  number,
                  State.DESTROY_SCHEDULED,
                  calls ->
                      calls
                          .keys()
                          .destroyCryptoKeyVersion(
                              DestroyCryptoKeyVersionRequest.newBuilder()
                                  .setName(name)
                                  .setRequestId(id)
                                  .build())
                          .getName());
      default ->
          moved(
              number,
              State.DISABLED,
              calls ->
                  calls
                      .keys()
                      .restoreCryptoKeyVersion(
                          RestoreCryptoKeyVersionRequest.newBuilder()
                              .setName(name)
                              .setRequestId(id)
                              .build())
                      .getName());
    };
  }

  private Change moved(int number, State to, Function<Calls, String> send) {
    return new Change(send, () -> versions.set(number - 1, to), version(number));
  }

  /// One for each of so many callers.
  static List<ChangedKey> ofCallers(int callers) {
    return IntStream.range(0, callers).mapToObj(i -> new ChangedKey("c" + i + "-", i)).toList();
  }
}
