package dev.keyservice.testing;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Time for buckets that passes when the test says so.
public final class SetTime implements TimeMeter {
  private final AtomicLong nanos = new AtomicLong(-1_000);

  /// Lets time pass.
  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Override
  public long currentTimeNanos() {
    return nanos.get();
  }

  @Override
  public boolean isWallClockBased() {
    return false;
  }
}
