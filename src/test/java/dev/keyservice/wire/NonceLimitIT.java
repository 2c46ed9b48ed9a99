package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// A version with short nonces encrypts as often as it may and never more often, however the
/// process ends.
class NonceLimitIT {
  private static final int LIMIT = 1_000;
  private static final int KILLS = Boolean.getBoolean("proof.full") ? 25 : 2;
  private static final int CALLERS = 4;
  private static final Map<String, String> SETTINGS =
      Map.of("KEYSERVICE_LIMITS_NONCE_USES", "" + LIMIT);

  /// What the death of the process looks like to a caller.
  private static final Set<Status.Code> GONE =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

  private final Queue<ByteString> ciphertexts = new ConcurrentLinkedQueue<>();

  @Test
  void aVersionIsNeverUsedMoreOftenThanTheLimitWhateverIsKilled() throws Exception {
    try (var installation = Installation.create()) {
      // The version, and not the key: that gets another one by itself before its limit.
      String version;
      try (var service = ServiceProcess.start(installation, SETTINGS);
          var channels = new Channels(installation, service.port())) {
        version =
            new Calls(channels.of("all"))
                .createKey("app", "short", Algorithm.AES_256_GCM)
                .getPrimary()
                .getName();
      }
      for (var kill = 0; kill < KILLS; kill++) {
        try (var service = ServiceProcess.start(installation, SETTINGS);
            var channels = new Channels(installation, service.port())) {
          encryptUntilKilled(service, channels, version);
        }
      }
      var killed = ciphertexts.size();
      try (var service = ServiceProcess.start(installation, SETTINGS);
          var channels = new Channels(installation, service.port())) {
        var calls = new Calls(channels.of("all"));
        encryptUntilRefused(calls, version);
        assertStillDecrypts(calls, version.replaceFirst("/cryptoKeyVersions/.*", ""));
      }
      assertTrue(ciphertexts.size() <= LIMIT, () -> ciphertexts.size() + " uses");
      assertTrue(ciphertexts.size() > killed, "the last start had some left");
      assertEquals(ciphertexts.size(), nonces());
    }
    System.out.printf(
        "proof: kill -9 under load %d times: %d uses of a version answered, at most %d allowed, then"
            + " VERSION_EXHAUSTED%n",
        KILLS, ciphertexts.size(), LIMIT);
  }

  private void encryptUntilKilled(ServiceProcess service, Channels channels, String version)
      throws InterruptedException, ExecutionException {
    var answers = new CountDownLatch(LIMIT / 2 / KILLS);
    List<Future<?>> ends = new ArrayList<>();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var caller = 0; caller < CALLERS; caller++) {
        ends.add(callers.submit(() -> encrypt(new Calls(channels.of("all")), version, answers)));
      }
      assertTrue(answers.await(30, TimeUnit.SECONDS));
      service.kill();
    }
    for (var end : ends) {
      var _ = end.get();
    }
  }

  private void encrypt(Calls calls, String version, CountDownLatch answers) {
    try {
      while (true) {
        ciphertexts.add(calls.encrypt(version, ByteString.copyFromUtf8("x"), "").getCiphertext());
        answers.countDown();
      }
    } catch (StatusRuntimeException e) {
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  private static boolean isGone(StatusRuntimeException e) {
    return (GONE.contains(e.getStatus().getCode()) || e.getCause() instanceof IOException)
        && StatusProto.fromThrowable(e).getDetailsCount() == 0;
  }

  private void encryptUntilRefused(Calls calls, String version) {
    var refusal =
        Refusal.of(() -> {
          for (var i = 0; i <= LIMIT; i++) {
            ciphertexts.add(
                calls.encrypt(version, ByteString.copyFromUtf8("x"), "").getCiphertext());
          }
        });

    assertEquals(Status.Code.FAILED_PRECONDITION, refusal.code());
    assertEquals("VERSION_EXHAUSTED", refusal.reason());
    assertEquals(Map.of("resource", version), refusal.metadata());
  }

  private void assertStillDecrypts(Calls calls, String key) {
    for (var ciphertext : List.copyOf(ciphertexts).subList(0, 10)) {
      assertEquals("x", calls.decrypt(key, ciphertext, "").getPlaintext().toStringUtf8());
    }
  }

  /// How many there are: the 12 bytes after the header of 5.
  private long nonces() {
    return ciphertexts.stream()
        .map(ciphertext -> ciphertext.substring(5, 17))
        .collect(Collectors.toSet())
        .size();
  }
}
