package dev.keyservice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A service that `keyservice bench` starts.
///
/// @param name as the tables show it
/// @param keys how many it has
/// @param bindings how many its policy has
/// @param program another than this one
/// @param settings environment variables beside those that it needs
record BenchService(
    String name, int keys, int bindings, Optional<String> program, Map<String, String> settings) {
  BenchService named(String other) {
    return new BenchService(other, keys, bindings, program, settings);
  }

  BenchService withKeys(int other) {
    return new BenchService(name, other, bindings, program, settings);
  }

  BenchService withBindings(int other) {
    return new BenchService(name, keys, other, program, settings);
  }

  BenchService withProgram(String other) {
    return new BenchService(name, keys, bindings, Optional.of(other), settings);
  }

  BenchService with(String variable, String value) {
    var more = new LinkedHashMap<>(settings);
    more.put(variable, value);
    return new BenchService(name, keys, bindings, program, more);
  }
}
