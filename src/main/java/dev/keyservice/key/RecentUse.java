package dev.keyservice.key;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/// Keeps a version from being destroyed that somebody still uses.
///
/// @param window a version that was used within it is not destroyed unless that is forced; zero:
///   none is kept
public record RecentUse(Duration window) {

  /// @throws Failure.FailedPrecondition (`RECENTLY_USED`) when the version was used within the
  ///   window, or nobody knows whether it was
  void requireNone(CryptoKeyVersionName version, Usage usage, Instant now) {
    if (window.isZero()) {
      return;
    }
    if (!usage.known()) {
      throw new Failure.FailedPrecondition(
          Reason.RECENTLY_USED,
          version.resource(),
          "may be in use: the count of its uses is damaged; `force` destroys it all the same");
    }
    var last = usage.lastUse();
    if (last.isPresent() && last.get().plus(window).isAfter(now)) {
      var seconds = last.get().truncatedTo(ChronoUnit.SECONDS);
      throw new Failure.FailedPrecondition(
          Reason.RECENTLY_USED,
          version.resource(),
          "was last used at %s, and %d times in all; `force` destroys it all the same"
              .formatted(seconds, usage.uses()),
          Map.of("lastUseTime", seconds.toString(), "uses", Long.toString(usage.uses())));
    }
  }
}
