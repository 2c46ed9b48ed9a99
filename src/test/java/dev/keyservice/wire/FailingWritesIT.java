package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.FailingWrites;
import dev.keyservice.testing.FailingWrites.Errno;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Changes of keys when a write to the database fails, whichever it is: nothing is acknowledged
/// that is not there, and the service goes on without a restart.
@Timeout(600)
class FailingWritesIT {
  private static final int ROUNDS = Boolean.getBoolean("proof.full") ? 100 : 4;
  private static final int LONGEST_RUN = 3;

  @Test
  void nothingIsAcknowledgedThatIsNotThereWhicheverWriteFails() throws Exception {
    var key = new ChangedKey("f-", 7);
    var refused = 0;
    var failed = 0;
    try (var installation = Installation.create()) {
      var writes = new FailingWrites(installation);
      try (var service = ServiceProcess.start(installation, writes.variables());
          var channels = new Channels(installation, service.port())) {
        var calls = new Calls(channels.of("all"));
        key.change(calls);
        for (var error : Errno.values()) {
          for (var nth = 0; nth < ROUNDS; nth++) {
            writes.fail(nth, 1 + nth % LONGEST_RUN, error);
            refused += changes(key, calls, nth) ? 0 : 1;
            failed += writes.succeed() ? 1 : 0;
            recover(key, calls);
          }
        }
        assertEquals(calls.whoAmI().getCallerId(), "cn:all");
      }
      assertTrue(failed > ROUNDS, "few writes failed: " + failed);
      try (var service = ServiceProcess.start(installation);
          var channels = new Channels(installation, service.port())) {
        var _ = key.verify(new Calls(channels.of("all")));
      }
    }
    System.out.printf(
        "proof: %d rounds in which the 1st to %dth write failed with EIO or ENOSPC, in %d of them"
            + " before the end; %d changes refused, %d answered and all there, after each round and"
            + " after a restart%n",
        2 * ROUNDS, ROUNDS, failed, refused, key.answered());
  }

  /// Changes the key until a write fails, or some times more than that takes.
  private static boolean changes(ChangedKey key, Calls calls, int nth) {
    try {
      for (var i = 0; i <= nth; i++) {
        key.change(calls);
      }
      return true;
    } catch (StatusRuntimeException e) {
      assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode(), e.toString());
      return false;
    }
  }

  /// The same process answers again, within seconds.
  private static void recover(ChangedKey key, Calls calls) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try {
        var _ = key.verify(calls);
        return;
      } catch (StatusRuntimeException e) {
        assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode(), e.toString());
        assertTrue(System.nanoTime() < end, "it does not recover: " + e);
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }
}
