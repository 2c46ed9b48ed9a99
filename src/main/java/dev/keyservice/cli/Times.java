package dev.keyservice.cli;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Points in time for people: UTC, whole seconds.
final class Times {
  private Times() {}

  static String text(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds()).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
