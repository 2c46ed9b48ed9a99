package dev.keyservice.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/// What one round of load on one target came to.
///
/// @param latencies of the calls that were answered as expected, in nanoseconds
/// @param failures how many others there were, by their status
/// @param elapsed from the first call to the end of the last
/// @param serverCpu what the server's process used meanwhile, when it is known
/// @param clientCpu what this process used
/// @param residentBytes what the server's process held at the end, when it is known
record Round(
    Histogram latencies,
    Map<String, Long> failures,
    Duration elapsed,
    Optional<Duration> serverCpu,
    Duration clientCpu,
    Optional<Long> residentBytes) {
  private static final double NANOS = 1e9;
  private static final double MICROS = 1e3;

  /// Puts a load on a target and looks at what comes of it.
  static Round of(Load load, Target target, Duration time) {
    var outcomes = new Outcomes();
    var server = target.process();
    var client = ProcessUse.ofThis();
    var serverBefore = server.map(ProcessUse::cpu);
    var clientBefore = client.cpu();
    var begin = System.nanoTime();
    load.put(target, outcomes, time);
    var elapsed = Duration.ofNanos(System.nanoTime() - begin);
    return new Round(
        outcomes.latencies(),
        outcomes.failures(),
        elapsed,
        serverBefore.map(before -> server.orElseThrow().cpu().minus(before)),
        client.cpu().minus(clientBefore),
        server.flatMap(ProcessUse::residentBytes));
  }

  /// Calls that were answered as expected.
  long calls() {
    return latencies.getTotalCount();
  }

  double callsPerSecond() {
    return calls() * NANOS / elapsed.toNanos();
  }

  /// What a call cost the server; empty when that is not known.
  Optional<Double> serverMicros() {
    return serverCpu.map(this::microsPerCall);
  }

  /// What a call cost this process.
  double clientMicros() {
    return microsPerCall(clientCpu);
  }

  private double microsPerCall(Duration cpu) {
    return cpu.toNanos() / MICROS / Math.max(1, calls());
  }
}
