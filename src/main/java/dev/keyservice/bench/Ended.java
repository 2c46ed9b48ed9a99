package dev.keyservice.bench;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Counts what has ended, for one thread that waits for all of it.
final class Ended {
  /// Each call has a deadline of its own.
  private static final Duration LONGER_THAN_A_CALL = Duration.ofSeconds(30);

  private final Semaphore ended = new Semaphore(0);

  void release() {
    ended.release();
  }

  int count() {
    return ended.availablePermits();
  }

  /// Waits until that many have ended.
  ///
  /// @param time for which new ones may still be made
  /// @throws IllegalStateException when they do not, although every deadline has passed
  void await(int number, Duration time) {
    try {
      var limit = time.plus(LONGER_THAN_A_CALL);
      if (!ended.tryAcquire(number, limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(
            number - ended.availablePermits() + " calls of " + number + " do not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
