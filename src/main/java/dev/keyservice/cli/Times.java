package dev.keyservice.cli;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Points in time for people: UTC, whole seconds.
final class Times {
  private Times() {}

  /// How much of something is left: `3 d left`, `5 h left`, `over for 2 min`.
  static String left(Instant now, Instant end) {
    return now.isBefore(end)
        ? rough(Duration.between(now, end)) + " left"
        : "over for " + rough(Duration.between(end, now));
  }

  private static String rough(Duration time) {
    if (time.toDays() > 1) {
      return time.toDays() + " d";
    }
    return time.toHours() > 1 ? time.toHours() + " h" : time.toMinutes() + " min";
  }

  /// The time, or `never` where none is given.
  static String orNever(boolean given, Timestamp time) {
    return given ? text(time) : "never";
  }

  static String text(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds()).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
