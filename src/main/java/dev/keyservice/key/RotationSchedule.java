package dev.keyservice.key;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// When a key gets a new primary by itself. Rotating it by hand does not move the schedule.
///
/// @param period from one rotation to the next; empty when it is not repeated. Whole microseconds
/// @param next when the next is due; empty when none is. Whole microseconds
public record RotationSchedule(Optional<Duration> period, Optional<Instant> next) {
  /// No rotation but by hand.
  public static final RotationSchedule NEVER =
      new RotationSchedule(Optional.empty(), Optional.empty());

  public RotationSchedule {
    next = next.map(Microseconds::truncate);
  }

  /// Whether a rotation is due.
  public boolean isDue(Instant now) {
    return next.isPresent() && !next.get().isAfter(now);
  }

  /// The schedule after the rotation that was due. However many were missed, they count as one.
  public RotationSchedule rotated(Instant now) {
    if (period.isEmpty() || next.isEmpty()) {
      return NEVER;
    }
    var following = next.get().plus(period.get());
    var coming = following.isAfter(now) ? following : now.plus(period.get());
    return new RotationSchedule(period, Optional.of(coming));
  }
}
