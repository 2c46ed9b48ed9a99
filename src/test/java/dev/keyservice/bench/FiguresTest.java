package dev.keyservice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class FiguresTest {
  /// So many calls in a second, which cost the server so many milliseconds.
  private static Round round(int calls, int cpuMillis, String... failures) {
    var latencies = new Histogram(Outcomes.LONGEST_NANOS, 3);
    for (var i = 1; i <= calls; i++) {
      latencies.recordValue(i * 1_000L);
    }
    var counts =
        Arrays.stream(failures).collect(java.util.stream.Collectors.toMap(f -> f, _ -> 1L));
    return new Round(
        latencies,
        counts,
        Duration.ofSeconds(1),
        Optional.of(Duration.ofMillis(cpuMillis)),
        Duration.ofMillis(10),
        Optional.of((long) calls));
  }

  private static Figures figures(List<Round> rounds, List<Round> first) {
    return new Figures("service", "closed", rounds, first);
  }

  @Test
  void comparesEachRoundWithTheOneThatWasTakenBesideIt() {
    // The machine was half as fast in the second round, for both.
    var first = List.of(round(1_000, 10), round(500, 10), round(1_000, 10));
    var rounds = List.of(round(800, 16), round(400, 16), round(700, 14));

    var figures = figures(rounds, first);

    assertEquals(new Spread(700, 400, 800), figures.callsPerSecond());
    assertEquals(new Spread(0.8, 0.7, 0.8), figures.rateRatio());
    assertEquals(2, figures.serverRatio().orElseThrow().median(), 1e-9);
    assertEquals(20, figures.serverMicros().orElseThrow().median(), 1e-9);
  }

  @Test
  void putsTheLatenciesAndTheFailuresOfAllRoundsTogether() {
    var rounds = List.of(round(100, 1, "UNAVAILABLE"), round(300, 1, "UNAVAILABLE", "INTERNAL"));

    var figures = figures(rounds, rounds);

    assertEquals(400, figures.latencies().getTotalCount());
    assertEquals(300_000.0, (double) figures.latencies().getMaxValue(), 300);
    assertEquals(Map.of("UNAVAILABLE", 2L, "INTERNAL", 1L), figures.failures());
    assertEquals(Optional.of(300L), figures.residentBytes());
  }

  @Test
  void hasNoCpuOfAServerThatIsNotKnown() {
    var known = round(10, 1);
    var unknown =
        new Round(
            known.latencies(),
            Map.of(),
            Duration.ofSeconds(1),
            Optional.empty(),
            Duration.ZERO,
            Optional.empty());

    var figures = figures(List.of(unknown), List.of(known));

    assertEquals(Optional.empty(), figures.serverMicros());
    assertEquals(Optional.empty(), figures.serverRatio());
    assertEquals(Optional.empty(), figures.residentBytes());
  }

  @Test
  void theMedianOfAnEvenNumberIsBetweenTheTwoInTheMiddle() {
    assertEquals(new Spread(2.5, 1, 4), Spread.of(List.of(4.0, 1.0, 3.0, 2.0)));
  }
}
