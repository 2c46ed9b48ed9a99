package dev.keyservice.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/// How often each kind of call is made, in relation to the others.
///
/// @param weights at least one, each from 1 to 1,000
public record Mix(Map<CallKind, Integer> weights) {
  private static final int MOST = 1_000;

  public Mix {
    weights = new LinkedHashMap<>(weights);
    if (weights.isEmpty() || weights.values().stream().anyMatch(w -> w < 1 || w > MOST)) {
      throw new IllegalArgumentException("weights from 1 to " + MOST);
    }
  }

  /// Reads `encrypt` or `encrypt=9,decrypt=1`; empty when it is neither.
  public static Optional<Mix> parse(String text) {
    var weights = new LinkedHashMap<CallKind, Integer>();
    for (var part : text.split(",", -1)) {
      var equals = part.indexOf('=');
      var kind = CallKind.of(equals < 0 ? part : part.substring(0, equals));
      var weight = equals < 0 ? "1" : part.substring(equals + 1);
      if (kind.isEmpty() || !weight.matches("[1-9]\\d{0,2}|1000")) {
        return Optional.empty();
      }
      if (weights.put(kind.get(), Integer.valueOf(weight)) != null) {
        return Optional.empty();
      }
    }
    return Optional.of(new Mix(weights));
  }

  /// One kind, each as often as its weight says.
  CallKind any() {
    var left = ThreadLocalRandom.current().nextInt(sum());
    for (var entry : weights.entrySet()) {
      left -= entry.getValue();
      if (left < 0) {
        return entry.getKey();
      }
    }
    throw new IllegalStateException("the weights have changed");
  }

  private int sum() {
    return weights.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public String toString() {
    return weights.entrySet().stream()
        .map(entry -> entry.getKey().word() + "=" + entry.getValue())
        .collect(Collectors.joining(","));
  }
}
