package dev.keyservice.audit;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Notices when the disk does not answer.
final class DiskPatience {
  /// After which nobody should wait for the disk any more.
  static final Duration STALLED = Duration.ofMillis(1_500);

  /// Since when each thread waits for an answer; by `System.nanoTime()`.
  private final Map<Thread, Long> asking = new ConcurrentHashMap<>();

  private final AtomicLong stalledNanos = new AtomicLong();

  /// Work on the disk.
  @FunctionalInterface
  interface DiskWork {
    void run() throws IOException;
  }

  /// Does what may take long.
  void during(DiskWork work) throws IOException {
    var begin = System.nanoTime();
    var outer = asking.putIfAbsent(Thread.currentThread(), begin);
    try {
      work.run();
    } finally {
      if (outer == null) {
        asking.remove(Thread.currentThread());
        var took = System.nanoTime() - begin;
        if (took > STALLED.toNanos()) {
          var _ = stalledNanos.accumulateAndGet(took, Math::max);
        }
      }
    }
  }

  /// Whether the disk has not answered for too long.
  boolean isStalled() {
    var now = System.nanoTime();
    for (var since : asking.values()) {
      if (now - since > STALLED.toNanos()) {
        return true;
      }
    }
    return false;
  }

  /// For how long at the most it did not answer since that was noted last.
  long stalledNanos() {
    return stalledNanos.get();
  }

  /// It is noted.
  void noted() {
    stalledNanos.set(0);
  }
}
