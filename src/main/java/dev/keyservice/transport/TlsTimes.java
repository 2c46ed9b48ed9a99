package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.time.Duration;

/// How TLS files are kept up to date.
///
/// @param crlGrace how long a revocation list counts after its nextUpdate
/// @param poll how often the files are looked at when their directories tell nothing
public record TlsTimes(Duration crlGrace, Duration poll) {
  static final String GRACE_SETTING = "KEYSERVICE_TLS_CRL_GRACE";
  static final String POLL_SETTING = "KEYSERVICE_TLS_POLL_INTERVAL";
  private static final Duration SHORTEST_POLL = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofDays(366);

  /// What holds when nothing is set.
  public static final TlsTimes DEFAULT = new TlsTimes(Duration.ZERO, Duration.ofSeconds(10));

  public TlsTimes {
    if (crlGrace.isNegative() || crlGrace.compareTo(LONGEST) > 0) {
      throw new SettingRefused(GRACE_SETTING, "must be from 0s to 366d");
    }
    if (poll.compareTo(SHORTEST_POLL) < 0 || poll.compareTo(LONGEST) > 0) {
      throw new SettingRefused(POLL_SETTING, "must be from 0.1s to 366d");
    }
  }

  /// Reads both as their settings are written: a number with `s`, `m`, `h` or `d`.
  ///
  /// @throws SettingRefused naming the one that is no duration, or out of range
  public static TlsTimes parse(String crlGrace, String poll) {
    return new TlsTimes(
        SettingText.duration(GRACE_SETTING, crlGrace), SettingText.duration(POLL_SETTING, poll));
  }
}
