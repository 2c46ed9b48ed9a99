package dev.keyservice.bench;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Makes calls at a constant rate, over the connections in turn.
final class OpenLoop {
  /// Far more than can be in flight at a rate that the target keeps up with. What would be beyond
  /// is not made, and counted as a failure: the rate was not kept.
  private static final int MOST_IN_FLIGHT = 20_000;

  private final Target target;
  private final Outcomes outcomes;
  private final Ended ended = new Ended();
  private int made;

  OpenLoop(Target target, Outcomes outcomes) {
    this.target = target;
    this.outcomes = outcomes;
  }

  void run(double callsPerSecond, Duration time) {
    var begin = System.nanoTime();
    var number = Math.round(callsPerSecond * time.toNanos() / 1e9);
    var pause = 1e9 / callsPerSecond;
    for (var i = 0L; i < number; i++) {
      make(i, begin + Math.round(i * pause));
    }
    ended.await(made, Duration.ZERO);
  }

  private void make(long i, long due) {
    awaitTime(due);
    if (made - ended.count() >= MOST_IN_FLIGHT) {
      outcomes.failed("NOT_MADE");
      return;
    }
    made++;
    var channels = target.channels();
    var channel = channels.get((int) (i % channels.size()));
    TimedCall.make(target.calls().any(), channel, due, outcomes, _ -> ended.release());
  }

  /// Sleeps rather than spins: the service may be on the same machine and wants its cores.
  private static void awaitTime(long due) {
    for (var left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
