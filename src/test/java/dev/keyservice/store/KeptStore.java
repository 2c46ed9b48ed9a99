package dev.keyservice.store;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeySchedule;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.RequestOnce;
import dev.keyservice.key.RotationSchedule;
import dev.keyservice.key.UsableVersion;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/// Makes a store to be kept as test data: see `src/test/resources/stores/format-2/README.md`.
final class KeptStore {
  private static final HexFormat HEX = HexFormat.of();
  private static final ChangeTerms TERMS = ChangeTerms.of("cn:operator");

  private final TestStore store;
  private final KeyLifecycle lifecycle;
  private final List<Ciphertext> ciphertexts = new ArrayList<>();
  private final List<String> tags = new ArrayList<>();

  private KeptStore(TestStore store) {
    this.store = store;
    this.lifecycle = store.lifecycle();
  }

  /// Makes it in the directory that is named, which must be empty.
  public static void main(String[] arguments) throws IOException {
    var directory = Path.of(arguments[0]);
    try (var store = TestStore.in(directory)) {
      var kept = new KeptStore(store);
      kept.make();
      kept.write(directory);
    }
  }

  private void make() {
    for (var algorithm : Algorithm.values()) {
      switch (Purpose.of(algorithm)) {
        case ENCRYPT_DECRYPT -> encrypts(new CryptoKeyName("encrypts", algorithm.name()));
        case MAC -> makesTags(new CryptoKeyName("tags", algorithm.name()));
      }
    }
    hasSettings(new CryptoKeyName("life", "settings"));
    goesThroughEveryState(new CryptoKeyName("life", "states"));
    hasNoVersion(new CryptoKeyName("life", "empty"));
    wasRotatedOnRequest(new CryptoKeyName("life", "requested"));
  }

  private void encrypts(CryptoKeyName key) {
    create(key, Algorithm.valueOf(key.key()), true);
    seal(key.version(1));
    rotate(key);
    seal(key.version(2));
  }

  private void makesTags(CryptoKeyName key) {
    create(key, Algorithm.valueOf(key.key()), true);
    tag(key.version(1));
    var _ = done(lifecycle.createVersion(key, TERMS));
    tag(key.version(2));
  }

  private void hasSettings(CryptoKeyName key) {
    create(key, Algorithm.XAES_256_GCM, true);
    var period = Duration.ofDays(90);
    var settings =
        KeySettings.of(Algorithm.AES_256_GCM)
            .withLabels(new TreeMap<>(Map.of("env", "prod", "owner", "zoë", "empty", "")))
            .withRotation(
                new RotationSchedule(Optional.of(period), Optional.of(TestStore.NOW.plus(period))))
            .withDestroyWindow(Duration.ofDays(7))
            .withDeletionProtection(true);
    var _ = done(lifecycle.update(key, _ -> settings, TERMS));
    rotate(key);
    seal(key.version(1));
    seal(key.version(2));
  }

  /// Destroyed, scheduled, disabled, restored, enabled and not the primary, the primary.
  private void goesThroughEveryState(CryptoKeyName key) {
    create(key, Algorithm.XAES_256_GCM, true);
    for (var number = 2; number <= 6; number++) {
      rotate(key);
    }
    for (var number = 1; number <= 6; number++) {
      seal(key.version(number));
    }
    var day = Duration.ofDays(1);
    var _ = done(lifecycle.update(key, of -> of.settings().withDestroyWindow(day), TERMS));
    var _ = done(lifecycle.destroy(key.version(1), true, TERMS));
    runSchedule(day);
    var window = KeySettings.DEFAULT_DESTROY_WINDOW;
    var _ = done(lifecycle.update(key, of -> of.settings().withDestroyWindow(window), TERMS));
    var _ = done(lifecycle.destroy(key.version(2), true, TERMS));
    var _ = done(lifecycle.disable(key.version(3), TERMS));
    var _ = done(lifecycle.destroy(key.version(4), true, TERMS));
    var _ = done(lifecycle.restore(key.version(4), TERMS));
    var _ = done(lifecycle.disable(key.version(5), TERMS));
    var _ = done(lifecycle.enable(key.version(5), TERMS));
    var _ = done(lifecycle.setPrimary(key.version(5), TERMS));
    var _ = done(lifecycle.setPrimary(key.version(6), TERMS));
  }

  private void runSchedule(Duration later) {
    var now = TestStore.NOW.plus(later);
    var schedule =
        new KeySchedule(
            store.dueWork(),
            store.nonceUses(),
            store.lifecycle(now),
            Clock.fixed(now, ZoneOffset.UTC),
            System::nanoTime);
    schedule.run().await().indefinitely();
  }

  private void hasNoVersion(CryptoKeyName key) {
    create(key, Algorithm.CHACHA20_POLY1305, false);
  }

  private void wasRotatedOnRequest(CryptoKeyName key) {
    create(key, Algorithm.XAES_256_GCM, true);
    var id = UUID.fromString("3f1c8a52-7d0e-4b6a-9c11-5e2d7f90ab34");
    var request = new RequestOnce("rotate", id, "this body".getBytes(StandardCharsets.US_ASCII));
    var once = new ChangeTerms(TERMS.actor(), Optional.empty(), false, Optional.of(request));
    var _ = done(lifecycle.rotate(key, once));
  }

  private void create(CryptoKeyName key, Algorithm algorithm, boolean withVersion) {
    var wanted =
        new KeyLifecycle.NewKey(key, Purpose.of(algorithm), KeySettings.of(algorithm), withVersion);
    var _ = done(lifecycle.create(wanted, TERMS));
  }

  private void rotate(CryptoKeyName key) {
    var _ = done(lifecycle.rotate(key, TERMS));
  }

  private static ChangeOutcome done(Uni<ChangeOutcome> change) {
    return change.await().indefinitely();
  }

  private void seal(CryptoKeyVersionName name) {
    var version = version(name);
    ciphertexts.add(Ciphertext.of(version, "attack at dawn", "order 66"));
    ciphertexts.add(Ciphertext.of(version, "", ""));
  }

  private void tag(CryptoKeyVersionName name) {
    for (var text : List.of("attack at dawn", "")) {
      var data = text.getBytes(StandardCharsets.US_ASCII);
      tags.add(
          """

          key: %s
          version: %d
          data: %s
          tag: %s
          """
              .formatted(
                  name.key().path(),
                  name.version(),
                  HEX.formatHex(data),
                  HEX.formatHex(version(name).tag(data))));
    }
  }

  private UsableVersion version(CryptoKeyVersionName name) {
    return store.keyring().version(name).await().indefinitely();
  }

  private void write(Path directory) throws IOException {
    var head = "# Made together with the store; each must %s for ever.\n";
    Files.writeString(
        directory.resolve("ciphertexts.txt"),
        head.formatted("decrypt")
            + ciphertexts.stream()
                .map(made -> made.asText(state(made.version())))
                .collect(Collectors.joining()));
    Files.writeString(
        directory.resolve("tags.txt"), head.formatted("verify") + String.join("", tags));
  }

  private String state(CryptoKeyVersionName name) {
    var key = store.get(name.key().path()).orElseThrow().key();
    return key.version(name.version()).orElseThrow().state().name();
  }

  /// A ciphertext and what is in it, in hex.
  private record Ciphertext(
      CryptoKeyVersionName version, String plaintext, String aad, String ciphertext) {

    static Ciphertext of(UsableVersion version, String text, String aadText) {
      var plaintext = text.getBytes(StandardCharsets.US_ASCII);
      var aad = aadText.getBytes(StandardCharsets.US_ASCII);
      var number = version.name().version();
      var bound =
          CiphertextFormat.associatedData(version.keyUid(), number, version.algorithm(), aad);
      var sealed = version.seal(plaintext, bound).await().indefinitely();
      return new Ciphertext(
          version.name(),
          HEX.formatHex(plaintext),
          HEX.formatHex(aad),
          HEX.formatHex(CiphertextFormat.encode(number, sealed)));
    }

    String asText(String state) {
      return """

      key: %s
      state: %s
      plaintext: %s
      aad: %s
      ciphertext: %s
      """
          .formatted(version.key().path(), state, plaintext, aad, ciphertext);
    }
  }
}
