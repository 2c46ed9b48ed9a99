package dev.keyservice.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import java.text.ParseException;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/// Times and lengths of time as they are typed.
final class TimeTexts {
  private static final Pattern LENGTH = Pattern.compile("([1-9][0-9]{0,6})([hd])");
  private static final long SECONDS_AN_HOUR = 3_600;
  private static final long HOURS_A_DAY = 24;

  private TimeTexts() {}

  /// Such as `90d` or `36h`.
  static Duration length(String text) {
    var parts = LENGTH.matcher(text);
    if (!parts.matches()) {
      throw new TypeConversionException(
          "'" + text + "' is not a length of time, such as 90d or 36h");
    }
    var hours = Long.parseLong(parts.group(1)) * (parts.group(2).equals("d") ? HOURS_A_DAY : 1);
    return Durations.fromSeconds(hours * SECONDS_AN_HOUR);
  }

  /// Such as `2027-01-31T03:00:00Z` (RFC 3339).
  static Timestamp time(String text) {
    try {
      return Timestamps.parse(text);
    } catch (ParseException | IllegalArgumentException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a time, such as 2027-01-31T03:00:00Z");
    }
  }

  /// A length of time for people: whole days or hours where it is that, else as it is.
  static String text(Duration length) {
    var seconds = length.getSeconds();
    if (length.getNanos() != 0 || seconds % SECONDS_AN_HOUR != 0) {
      return Durations.toString(length);
    }
    var hours = seconds / SECONDS_AN_HOUR;
    return hours % HOURS_A_DAY == 0 ? hours / HOURS_A_DAY + "d" : hours + "h";
  }
}
