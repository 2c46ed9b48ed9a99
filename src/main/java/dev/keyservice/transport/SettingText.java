package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;

/// Reads settings that are numbers with a unit, and refuses them by their name.
public final class SettingText {
  private static final Pattern DAYS = Pattern.compile("[0-9]+d");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KiB|MiB)?");

  private SettingText() {}

  /// Reads a number with `s`, `m`, `h` or `d`.
  ///
  /// @param setting what to name in the refusal
  public static Duration duration(String setting, String text) {
    var upper = text.toUpperCase(Locale.ROOT);
    try {
      return Duration.parse(DAYS.matcher(text).matches() ? "P" + upper : "PT" + upper);
    } catch (DateTimeException e) {
      throw new SettingRefused(
          setting, "'" + text + "' is no duration; give a number with s, m, h or d, such as 10s");
    }
  }

  /// Reads a duration within bounds.
  public static Duration duration(String setting, String text, Duration least, Duration most) {
    var duration = duration(setting, text);
    if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
      throw new SettingRefused(setting, "must be from " + words(least) + " to " + words(most));
    }
    return duration;
  }

  /// Reads a number within bounds.
  public static int number(String setting, String text, int least, int most) {
    return Math.toIntExact(largeNumber(setting, text, least, most));
  }

  /// Reads a number within bounds that may be beyond those of an int.
  public static long largeNumber(String setting, String text, long least, long most) {
    if (!NUMBER.matcher(text).matches()) {
      throw new SettingRefused(setting, "'" + text + "' is no whole number");
    }
    return within(setting, Long.parseLong(text), least, most, "");
  }

  /// Reads a number of bytes within bounds: plain, with `KiB` or with `MiB`.
  public static int bytes(String setting, String text, int least, int most) {
    var parts = SIZE.matcher(text);
    if (!parts.matches()) {
      throw new SettingRefused(
          setting, "'" + text + "' is no size; give a number of bytes, or one with KiB or MiB");
    }
    var shift =
        switch (parts.group(2)) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case null, default -> 0;
        };
    return Math.toIntExact(
        within(setting, Long.parseLong(parts.group(1)) << shift, least, most, " bytes"));
  }

  private static long within(String setting, long value, long least, long most, String unit) {
    if (value < least || value > most) {
      throw new SettingRefused(setting, "must be from " + least + " to " + most + unit);
    }
    return value;
  }

  /// As the settings write it: `PT1M30S` is `1m30s`.
  private static String words(Duration duration) {
    return duration.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
  }
}
