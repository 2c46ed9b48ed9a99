package dev.keyservice.call;

import io.github.bucket4j.Bandwidth;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// How many calls in how long: a bucket that holds `burst` calls, is full at first and fills up
/// again evenly, by `calls` in each `window`.
///
/// Written `100/s`, `10000/h` or `20/s burst 100`; without a burst it is the number of calls.
///
/// @param calls 1 to 1,000,000,000
/// @param window a second, a minute, an hour or a day
/// @param burst 1 to 1,000,000,000
public record Rate(long calls, Duration window, long burst) {
  /// What a rate looks like, for messages.
  public static final String SYNTAX =
      "a number of calls and '/s', '/m', '/h' or '/d', and optionally 'burst' and a number, such as"
          + " 100/s burst 200";

  private static final Pattern TEXT =
      Pattern.compile("([1-9][0-9]{0,8})/([smhd])(?: burst ([1-9][0-9]{0,8}))?");

  /// Reads a rate; empty when the text is none.
  public static Optional<Rate> parse(String text) {
    var parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    var calls = Long.parseLong(parts.group(1));
    var burst = parts.group(3) == null ? calls : Long.parseLong(parts.group(3));
    return Optional.of(new Rate(calls, window(parts.group(2)), burst));
  }

  private static Duration window(String unit) {
    var upper = unit.toUpperCase(Locale.ROOT);
    return Duration.parse(upper.equals("D") ? "P1D" : "PT1" + upper);
  }

  /// The time in which one call comes back.
  public Duration interval() {
    return window.dividedBy(calls);
  }

  /// How long a bucket that is empty takes until it is full.
  public Duration untilFull() {
    return window.multipliedBy(burst).dividedBy(calls);
  }

  /// The same for a bucket.
  public Bandwidth bandwidth() {
    return Bandwidth.builder().capacity(burst).refillGreedy(calls, window).build();
  }

  /// As it is written.
  @Override
  public String toString() {
    var unit =
        switch (Math.toIntExact(window.toSeconds())) {
          case 1 -> "s";
          case 60 -> "m";
          case 3600 -> "h";
          default -> "d";
        };
    return calls + "/" + unit + (burst == calls ? "" : " burst " + burst);
  }
}
