package dev.keyservice.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/// The rounds of one load on one target, beside those of the first target that were taken in turns
/// with them.
///
/// @param target its name
/// @param load `closed` or `open`
/// @param rounds at least one
/// @param first as many, of the target that all are compared with
record Figures(String target, String load, List<Round> rounds, List<Round> first) {
  Spread callsPerSecond() {
    return spread(Round::callsPerSecond);
  }

  /// Its rate to that of the first target, each round to the one that was taken beside it.
  Spread rateRatio() {
    return ratio(Round::callsPerSecond);
  }

  /// Microseconds of the server's CPU a call.
  Optional<Spread> serverMicros() {
    return isCpuKnown(rounds) ? Optional.of(spread(Figures::micros)) : Optional.empty();
  }

  /// That to the same of the first target.
  Optional<Spread> serverRatio() {
    return isCpuKnown(rounds) && isCpuKnown(first)
        ? Optional.of(ratio(Figures::micros))
        : Optional.empty();
  }

  /// Microseconds of this process's CPU a call.
  Spread clientMicros() {
    return spread(Round::clientMicros);
  }

  /// All rounds together, in nanoseconds.
  Histogram latencies() {
    var all =
        new Histogram(
            Outcomes.LONGEST_NANOS,
            rounds.getFirst().latencies().getNumberOfSignificantValueDigits());
    rounds.forEach(round -> all.add(round.latencies()));
    return all;
  }

  /// All rounds together, by status.
  Map<String, Long> failures() {
    var all = new TreeMap<String, Long>();
    for (var round : rounds) {
      round.failures().forEach((what, count) -> all.merge(what, count, Long::sum));
    }
    return all;
  }

  /// The most that the server held at the end of a round.
  Optional<Long> residentBytes() {
    return rounds.stream().flatMap(round -> round.residentBytes().stream()).max(Long::compare);
  }

  private static boolean isCpuKnown(List<Round> rounds) {
    return rounds.stream().allMatch(round -> round.serverMicros().isPresent());
  }

  private static double micros(Round round) {
    return round.serverMicros().orElseThrow();
  }

  private Spread spread(Function<Round, Double> figure) {
    return Spread.of(rounds.stream().map(figure).toList());
  }

  private Spread ratio(Function<Round, Double> figure) {
    return Spread.of(
        IntStream.range(0, rounds.size())
            .mapToObj(i -> figure.apply(rounds.get(i)) / figure.apply(first.get(i)))
            .toList());
  }
}
