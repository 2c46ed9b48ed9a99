package dev.keyservice.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/// The calls of a run, ready to be made: of each kind one for each key.
final class Calls {
  private final Mix mix;
  private final Map<CallKind, List<PreparedCall<?, ?>>> prepared;

  Calls(Mix mix, Map<CallKind, List<PreparedCall<?, ?>>> prepared) {
    this.mix = mix;
    this.prepared = new EnumMap<>(prepared);
  }

  /// Any of them, as often as the mix says.
  PreparedCall<?, ?> any() {
    var calls = prepared.getOrDefault(mix.any(), List.of());
    return calls.get(ThreadLocalRandom.current().nextInt(calls.size()));
  }

  /// One of each kind.
  Map<CallKind, PreparedCall<?, ?>> samples() {
    var samples = new EnumMap<CallKind, PreparedCall<?, ?>>(CallKind.class);
    prepared.forEach((kind, calls) -> samples.put(kind, calls.getFirst()));
    return samples;
  }
}
