package dev.keyservice.bench;

import io.grpc.Channel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// Keeps a number of calls in flight on each connection until a time is over.
final class ClosedLoop {
  /// A call that failed may have failed at once: without a pause nothing else would happen.
  private static final Executor AFTER_FAILURE =
      CompletableFuture.delayedExecutor(10, TimeUnit.MILLISECONDS);

  private final Target target;
  private final Outcomes outcomes;
  private final Duration time;
  private final long end;
  private final Ended ended = new Ended();

  ClosedLoop(Target target, Outcomes outcomes, Duration time) {
    this.target = target;
    this.outcomes = outcomes;
    this.time = time;
    this.end = System.nanoTime() + time.toNanos();
  }

  void run(int inFlight) {
    var number = target.channels().size() * inFlight;
    for (var channel : target.channels()) {
      for (var i = 0; i < inFlight; i++) {
        next(channel);
      }
    }
    ended.await(number, time);
  }

  private void next(Channel channel) {
    var now = System.nanoTime();
    if (now - end >= 0) {
      ended.release();
      return;
    }
    TimedCall.make(target.calls().any(), channel, now, outcomes, ok -> goOn(ok, channel));
  }

  private void goOn(boolean ok, Channel channel) {
    if (ok) {
      next(channel);
    } else {
      AFTER_FAILURE.execute(() -> next(channel));
    }
  }
}
