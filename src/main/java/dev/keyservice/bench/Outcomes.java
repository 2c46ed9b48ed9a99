package dev.keyservice.bench;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// What became of the calls of a round: the latency of those that were answered as expected, and
/// how many were not, by what came instead. Safe for many threads.
final class Outcomes {
  /// 60 s, longer than any call may take, to three digits.
  static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int DIGITS = 3;

  private final Recorder latencies = new Recorder(LONGEST_NANOS, DIGITS);
  private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

  void answered(long nanos) {
    latencies.recordValue(Math.clamp(nanos, 1, LONGEST_NANOS));
  }

  /// Counts a call that was not.
  ///
  /// @param what a status code, or what was wrong with an answer
  void failed(String what) {
    failures.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  /// Nanoseconds.
  Histogram latencies() {
    return latencies.getIntervalHistogram();
  }

  Map<String, Long> failures() {
    var sums = new TreeMap<String, Long>();
    failures.forEach((what, count) -> sums.put(what, count.sum()));
    return sums;
  }
}
