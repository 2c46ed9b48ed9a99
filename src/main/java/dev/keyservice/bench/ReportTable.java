package dev.keyservice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The figures as rows of text.
final class ReportTable {
  static final List<String> HEADING =
      List.of(
          "LOAD",
          "TARGET",
          "CALLS/S",
          "RATIO",
          "(LEAST-MOST)",
          "CPU/CALL",
          "RATIO",
          "(LEAST-MOST)",
          "CLIENT",
          "P50",
          "P90",
          "P99",
          "P99.9",
          "MAX",
          "MEMORY",
          "FAILED");

  private static final double[] PERCENTILES = {50, 90, 99, 99.9};
  private static final String UNKNOWN = "-";
  private static final double MICRO = 1e3;

  private ReportTable() {}

  /// The heading, then a row for each.
  static List<List<String>> rows(List<Figures> figures) {
    var rows = new ArrayList<List<String>>();
    rows.add(HEADING);
    figures.forEach(one -> rows.add(row(one)));
    return rows;
  }

  private static List<String> row(Figures figures) {
    var row = new ArrayList<String>();
    row.add(figures.load());
    row.add(figures.target());
    row.add(Report.text("%,.0f", figures.callsPerSecond().median()));
    row.addAll(ratio(Optional.of(figures.rateRatio())));
    row.add(figures.serverMicros().map(cpu -> micros(cpu.median())).orElse(UNKNOWN));
    row.addAll(ratio(figures.serverRatio()));
    row.add(micros(figures.clientMicros().median()));
    var latencies = figures.latencies();
    for (var percentile : PERCENTILES) {
      row.add(micros(latencies.getValueAtPercentile(percentile) / MICRO));
    }
    row.add(micros(latencies.getMaxValue() / MICRO));
    row.add(figures.residentBytes().map(ReportTable::mebibytes).orElse(UNKNOWN));
    row.add(failures(figures));
    return row;
  }

  private static List<String> ratio(Optional<Spread> ratio) {
    return ratio
        .map(r ->
            List.of(
                Report.text("%.3f", r.median()), Report.text("(%.3f-%.3f)", r.least(), r.most())))
        .orElse(List.of(UNKNOWN, UNKNOWN));
  }

  private static String micros(double value) {
    return Report.text("%,.0f us", value);
  }

  private static String mebibytes(long bytes) {
    return Report.text("%,d MiB", bytes >> 20);
  }

  /// `0`, or `3 UNAVAILABLE, 1 CANCELLED`.
  private static String failures(Figures figures) {
    var failures = figures.failures();
    return failures.isEmpty()
        ? "0"
        : failures.entrySet().stream()
            .map(failure -> failure.getValue() + " " + failure.getKey())
            .collect(Collectors.joining(", "));
  }
}
