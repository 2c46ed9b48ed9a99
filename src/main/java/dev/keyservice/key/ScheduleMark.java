package dev.keyservice.key;

import java.time.Instant;

/// What is remembered from one run of the schedule to the next, over a restart too.
///
/// @param lastRun when it ran last; whole microseconds
/// @param heldUntil until when nothing is destroyed; whole microseconds
public record ScheduleMark(Instant lastRun, Instant heldUntil) {
  public ScheduleMark {
    lastRun = Microseconds.truncate(lastRun);
    heldUntil = Microseconds.truncate(heldUntil);
  }
}
