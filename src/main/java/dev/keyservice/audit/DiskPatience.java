package dev.keyservice.audit;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Notices when the disk does not answer. One thread asks the disk, others ask for the answer.
final class DiskPatience {
  /// After which nobody should wait for the disk any more.
  static final Duration STALLED = Duration.ofMillis(1_500);

  /// When the disk was asked last and has not answered; by `System.nanoTime()`.
  private volatile @Nullable Long asked;

  private long stalledNanos;

  /// Work on the disk.
  @FunctionalInterface
  interface DiskWork {
    void run() throws IOException;
  }

  /// Does what may take long.
  void during(DiskWork work) throws IOException {
    var begin = System.nanoTime();
    asked = begin;
    try {
      work.run();
    } finally {
      asked = null;
      var took = System.nanoTime() - begin;
      if (took > STALLED.toNanos()) {
        stalledNanos += took;
      }
    }
  }

  /// Whether the disk has not answered for too long.
  boolean isStalled() {
    var since = asked;
    return since != null && System.nanoTime() - since > STALLED.toNanos();
  }

  /// For how long it did not answer since that was noted last. For the thread that asks the disk.
  long stalledNanos() {
    return stalledNanos;
  }

  /// It is noted. For the thread that asks the disk.
  void noted() {
    stalledNanos = 0;
  }
}
