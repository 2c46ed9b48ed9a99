package dev.keyservice.audit;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// What the writer of a chain has done since the start.
public final class AuditFigures {
  private final LongAdder records = new LongAdder();
  private final LongAdder syncs = new LongAdder();
  private final LongAdder syncNanos = new LongAdder();
  private final AtomicLong slowestSync = new AtomicLong();
  private final LongAdder checkpoints = new LongAdder();

  AuditFigures() {}

  void records(int count) {
    records.add(count);
  }

  void synced(long nanos) {
    syncs.increment();
    syncNanos.add(nanos);
    var _ = slowestSync.accumulateAndGet(nanos, Math::max);
  }

  void checkpoint() {
    checkpoints.increment();
  }

  /// Records of calls and changes.
  public long records() {
    return records.sum();
  }

  /// How often the disk was asked to keep what it was given.
  public long syncs() {
    return syncs.sum();
  }

  /// How long that took in all, in seconds.
  public double syncSeconds() {
    return syncNanos.sum() / 1e9;
  }

  /// The longest since this was asked last, in seconds.
  public double takeSlowestSync() {
    return slowestSync.getAndSet(0) / 1e9;
  }

  public long checkpoints() {
    return checkpoints.sum();
  }
}
