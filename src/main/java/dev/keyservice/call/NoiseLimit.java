package dev.keyservice.call;

import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Lets one event of a kind through each second and counts the others. Kinds are reasons of ours,
/// so there are few.
public final class NoiseLimit {
  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(1);

  private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

  /// Whether to report this event.
  ///
  /// @param now by `System.nanoTime()`
  /// @return how many of its kind went unreported before it; empty for one that goes unreported
  ///   itself
  public OptionalLong admit(String kind, long now) {
    return kinds.computeIfAbsent(kind, k -> new Kind(now - INTERVAL)).admit(now);
  }

  private static final class Kind {
    private long lastReport;
    private long suppressed;

    Kind(long lastReport) {
      this.lastReport = lastReport;
    }

    synchronized OptionalLong admit(long now) {
      if (now - lastReport < INTERVAL) {
        suppressed++;
        return OptionalLong.empty();
      }
      var before = suppressed;
      lastReport = now;
      suppressed = 0;
      return OptionalLong.of(before);
    }
  }
}
