package dev.keyservice.bench;

import java.util.Arrays;
import java.util.Collection;

/// A figure that was taken several times.
///
/// @param median the one in the middle
/// @param least the smallest
/// @param most the largest
record Spread(double median, double least, double most) {
  /// Of at least one value.
  static Spread of(Collection<Double> values) {
    var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Spread(median(sorted), sorted[0], sorted[sorted.length - 1]);
  }

  private static double median(double[] sorted) {
    var half = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[half]
        : Arrays.stream(sorted, half - 1, half + 1).sum() / 2;
  }
}
