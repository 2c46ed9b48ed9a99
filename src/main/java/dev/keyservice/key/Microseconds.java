package dev.keyservice.key;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Time as stores keep it: an integer of microseconds since the epoch. A finer time would hash to
/// something else after a round trip through PostgreSQL.
public final class Microseconds {
  private Microseconds() {}

  /// The same time without what is below a microsecond.
  public static Instant truncate(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS);
  }

  /// Microseconds since the epoch.
  public static long of(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /// Microseconds of a length of time; what is below one is cut off.
  public static long of(Duration length) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.EPOCH.plus(length));
  }

  /// The time of so many microseconds since the epoch.
  public static Instant toInstant(long microseconds) {
    return Instant.EPOCH.plus(microseconds, ChronoUnit.MICROS);
  }
}
