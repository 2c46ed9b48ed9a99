package dev.keyservice.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;

/// A clock that stands still until it is set.
public final class SetClock extends Clock {
  private volatile Instant now = Instant.now();
  private final AtomicInteger failures = new AtomicInteger();

  public void set(Instant to) {
    now = to;
  }

  public void advance(Duration by) {
    now = now.plus(by);
  }

  /// The next so many who ask get an Error.
  public void fail(int times) {
    failures.set(times);
  }

  public boolean isFailing() {
    return failures.get() > 0;
  }

  @Override
  public Instant instant() {
    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new OutOfMemoryError("deliberately");
    }
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
