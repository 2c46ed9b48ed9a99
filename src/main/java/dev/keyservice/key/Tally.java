package dev.keyservice.key;

import java.util.concurrent.atomic.LongAdder;

/// How often something was done, and how long it took in all. For metrics: a reader may see the one
/// a moment before the other.
public final class Tally {
  private final LongAdder times = new LongAdder();
  private final LongAdder nanos = new LongAdder();

  /// It was done once more.
  ///
  /// @param begin when it began, by `System.nanoTime()`
  public void doneSince(long begin) {
    times.increment();
    nanos.add(System.nanoTime() - begin);
  }

  /// How often.
  public long times() {
    return times.sum();
  }

  /// How long in all.
  public long nanos() {
    return nanos.sum();
  }
}
