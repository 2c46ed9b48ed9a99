package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Nothing acknowledged is lost when the process dies at any moment.
class CrashIT {
  private static final int KILLS = Boolean.getBoolean("proof.full") ? 200 : 2;
  private static final int CALLERS = 4;

  /// What the death of the process looks like to a caller.
  private static final Set<Status.Code> GONE =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

  @Test
  void everyAcknowledgedKeyIsThereAndEveryCiphertextOpensAfterAKill() throws Exception {
    ConcurrentMap<String, ByteString> acknowledged = new ConcurrentHashMap<>();
    var random = new Random();
    try (var installation = Installation.create()) {
      for (var kill = 0; kill < KILLS; kill++) {
        try (var service = ServiceProcess.start(installation);
            var channels = new Channels(installation, service.port())) {
          if (kill % 10 == 0) {
            assertAllThere(channels, acknowledged);
          }
          createUntilKilled(service, channels, kill, random.nextInt(300), acknowledged);
        }
      }
      try (var service = ServiceProcess.start(installation);
          var channels = new Channels(installation, service.port())) {
        assertAllThere(channels, acknowledged);
      }
    }
    System.out.println(
        "proof: kill -9 during creates "
            + KILLS
            + " times: "
            + acknowledged.size()
            + " keys acknowledged, all there, every ciphertext opens");
  }

  private static void createUntilKilled(
      ServiceProcess service,
      Channels channels,
      int round,
      int millis,
      Map<String, ByteString> acknowledged)
      throws InterruptedException, ExecutionException {
    var begun = new CountDownLatch(1);
    var before = acknowledged.size();
    List<Future<?>> ends = new ArrayList<>();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var caller = 0; caller < CALLERS; caller++) {
        var prefix = "k" + round + "-" + caller + "-";
        ends.add(
            callers.submit(
                () -> create(new Calls(channels.of("all")), prefix, acknowledged, begun)));
      }
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      TimeUnit.MILLISECONDS.sleep(millis);
      service.kill();
    }
    for (var end : ends) {
      var _ = end.get();
    }
    assertTrue(acknowledged.size() > before, "no key was acknowledged before kill " + round);
  }

  /// Creates keys and encrypts with them until the service is gone.
  private static void create(
      Calls calls, String prefix, Map<String, ByteString> acknowledged, CountDownLatch begun) {
    try {
      for (var i = 0; ; i++) {
        var key = calls.createKey("crash", prefix + i).getName();
        acknowledged.put(key, ByteString.EMPTY);
        var ciphertext = calls.encrypt(key, ByteString.copyFromUtf8(key), "").getCiphertext();
        acknowledged.put(key, ciphertext);
        begun.countDown();
      }
    } catch (StatusRuntimeException e) {
      // Killed: what was not acknowledged by now promises nothing. Any other end is a fault.
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  /// The service did not say so itself: it was not there any more. A call that is written while the
  /// connection breaks ends on the client's side as UNKNOWN, with the I/O error as its cause.
  private static boolean isGone(StatusRuntimeException e) {
    return (GONE.contains(e.getStatus().getCode()) || e.getCause() instanceof IOException)
        && StatusProto.fromThrowable(e).getDetailsCount() == 0;
  }

  private static void assertAllThere(Channels channels, Map<String, ByteString> acknowledged) {
    var calls = new Calls(channels.of("all"));
    List<String> lost = new ArrayList<>();
    acknowledged.forEach((key, ciphertext) -> {
      try {
        assertEquals(key, calls.getKey(key).getName());
        if (!ciphertext.isEmpty()) {
          var opened = calls.decrypt(key, ciphertext, "").getPlaintext().toStringUtf8();
          assertEquals(key, opened);
        }
      } catch (StatusRuntimeException e) {
        lost.add(key + ": " + e.getStatus());
      }
    });
    assertEquals(List.of(), lost);
  }
}
