package dev.keyservice.bench;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/// Latency by percentile as an SVG drawing, one curve a target: to the right each step is ten times
/// rarer, upwards each line ten times slower.
final class LatencyPlot {
  static final List<String> COLOURS =
      List.of("#7a7a7a", "#0b6bcb", "#c4320a", "#2f7d32", "#7b3fb5", "#b8860b");

  private static final int LEFT = 70;
  private static final int TOP = 16;
  private static final int WIDTH = 640;
  private static final int HEIGHT = 300;

  /// 99.99 %: four times ten times rarer.
  private static final double RAREST = 4;

  private static final int POINTS = 200;
  private static final double MICRO = 1e3;

  private final double lowest;
  private final double highest;

  private LatencyPlot(double lowest, double highest) {
    this.lowest = lowest;
    this.highest = highest;
  }

  /// Draws the curves.
  ///
  /// @param figures of one load, whose colours are those of [#COLOURS] in their order
  static String svg(List<Figures> figures) {
    var all = figures.stream().map(Figures::latencies).toList();
    var fastest = all.stream().mapToLong(Histogram::getMinNonZeroValue).min().orElse(1) / MICRO;
    var slowest =
        all.stream().mapToLong(one -> one.getValueAtPercentile(99.99)).max().orElse(1) / MICRO;
    var plot = new LatencyPlot(Math.floor(Math.log10(fastest)), Math.ceil(Math.log10(slowest)));
    var curves =
        IntStream.range(0, all.size())
            .mapToObj(i -> plot.curve(all.get(i), COLOURS.get(i % COLOURS.size())))
            .collect(Collectors.joining());
    return Report.text(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\">%s%s%s</svg>",
        LEFT + WIDTH + 20, TOP + HEIGHT + 40, plot.columns(), plot.lines(), curves);
  }

  private String columns() {
    var labels = List.of("0 %", "90 %", "99 %", "99.9 %", "99.99 %");
    return IntStream.range(0, labels.size())
        .mapToObj(i -> {
          var x = x(i);
          return Report.text(
              "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" class=\"grid\"/>"
                  + "<text x=\"%.1f\" y=\"%d\" class=\"below\">%s</text>",
              x, TOP, x, TOP + HEIGHT, x, TOP + HEIGHT + 22, labels.get(i));
        })
        .collect(Collectors.joining());
  }

  private String lines() {
    return IntStream.rangeClosed((int) lowest, (int) highest)
        .mapToObj(power -> {
          var y = y(Math.pow(10, power));
          return Report.text(
              "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" class=\"grid\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" class=\"beside\">%s</text>",
              LEFT, y, LEFT + WIDTH, y, LEFT - 8, y + 4, time(power));
        })
        .collect(Collectors.joining());
  }

  private static String time(int powerOfMicros) {
    return powerOfMicros < 3
        ? Report.text("%,.0f µs", Math.pow(10, powerOfMicros))
        : Report.text("%,.0f ms", Math.pow(10, powerOfMicros - 3));
  }

  private String curve(Histogram latencies, String colour) {
    var points =
        IntStream.rangeClosed(0, POINTS)
            .mapToObj(i -> {
              var rarity = RAREST * i / POINTS;
              var percentile = 100 * (1 - Math.pow(10, -rarity));
              var micros = latencies.getValueAtPercentile(percentile) / MICRO;
              return Report.text("%.1f,%.1f", x(rarity), y(micros));
            })
            .collect(Collectors.joining(" "));
    return Report.text("<polyline points=\"%s\" style=\"stroke:%s\"/>", points, colour);
  }

  private static double x(double rarity) {
    return LEFT + WIDTH * rarity / RAREST;
  }

  private double y(double micros) {
    var part = (Math.log10(Math.max(micros, 1e-3)) - lowest) / Math.max(1, highest - lowest);
    return TOP + HEIGHT * (1 - Math.clamp(part, 0, 1));
  }
}
