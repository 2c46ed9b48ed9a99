package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Changes of keys when the process dies at any moment: what was answered is there, nothing is half
/// done, and a request that is sent again is carried out once.
class ChangesCrashIT {
  private static final int KILLS = kills();
  private static final int KILLS_OF_A_STORE = 100;
  private static final int CALLERS = 4;
  private static final Set<Status.Code> GONE =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);

  private static int kills() {
    if (!Boolean.getBoolean("proof.full")) {
      return 3;
    }
    return Program.isNative() ? 1_000 : 50;
  }

  @Test
  void everyChangeIsMadeOnceHoweverOftenTheProcessDies() throws Exception {
    var random = new Random();
    var answered = 0;
    var sentAgain = 0;
    for (var killed = 0; killed < KILLS; killed += KILLS_OF_A_STORE) {
      var keys = ChangedKey.ofCallers(CALLERS);
      sentAgain += killOver(keys, Math.min(KILLS - killed, KILLS_OF_A_STORE), random);
      answered += keys.stream().mapToInt(ChangedKey::answered).sum();
    }
    System.out.printf(
        "proof: kill -9 during changes %d times: %d changes answered, all there, none half done;"
            + " %d requests sent again changed nothing%n",
        KILLS, answered, sentAgain);
  }

  /// Kills the service so often over one store, and looks at all of it after each start.
  ///
  /// @return how many requests were sent again
  private static int killOver(List<ChangedKey> keys, int kills, Random random) throws Exception {
    var sentAgain = 0;
    try (var installation = Installation.create()) {
      for (var kill = 0; kill <= kills; kill++) {
        try (var service = ServiceProcess.start(installation);
            var channels = new Channels(installation, service.port())) {
          for (var key : keys) {
            sentAgain += key.verify(new Calls(channels.of("all")));
          }
          if (kill < kills) {
            changeUntilKilled(service, channels, keys, random.nextInt(200));
          }
        }
      }
    }
    return sentAgain;
  }

  private static void changeUntilKilled(
      ServiceProcess service, Channels channels, List<ChangedKey> keys, int millis)
      throws Exception {
    var begun = new CountDownLatch(keys.size());
    var ends = new ArrayList<Future<?>>();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var key : keys) {
        ends.add(callers.submit(() -> change(key, new Calls(channels.of("all")), begun)));
      }
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      TimeUnit.MILLISECONDS.sleep(millis);
      service.kill();
    }
    for (var end : ends) {
      var _ = end.get();
    }
  }

  private static void change(ChangedKey key, Calls calls, CountDownLatch begun) {
    try {
      while (true) {
        key.change(calls);
        begun.countDown();
      }
    } catch (StatusRuntimeException e) {
      // Killed. Any other end is a fault.
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  private static boolean isGone(StatusRuntimeException e) {
    return (GONE.contains(e.getStatus().getCode()) || e.getCause() instanceof IOException)
        && StatusProto.fromThrowable(e).getDetailsCount() == 0;
  }
}
