package dev.keyservice.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which services `keyservice bench` starts.
final class BenchServiceOptions {
  @Option(
      names = "--baseline",
      description =
          "Compare with a bare server: the same transport, answers of the same size, and nothing"
              + " else.")
  private boolean baseline;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "An environment variable of the service. May be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--bindings",
      paramLabel = "NUMBER",
      description = "How many bindings its policy has, all of this caller. Default: 1.")
  private @Nullable Integer bindings;

  @Option(
      names = "--program",
      paramLabel = "FILE",
      description = "Another executable or quarkus-run.jar to start. Default: this program.")
  private @Nullable String program;

  @Option(
      names = "--vary",
      paramLabel = "NAME=VALUE|VALUE|...",
      description =
          "Start one service for each value of keys, bindings, program or an environment variable,"
              + " and compare them.")
  private @Nullable String vary;

  boolean isCompared() {
    return baseline;
  }

  /// For a service that runs already none of these can be kept.
  void requireNone() {
    if (baseline || !settings.isEmpty() || bindings != null || program != null || vary != null) {
      throw new UsageError(
          "--baseline, --set, --bindings, --program and --vary are for a service of its own: leave"
              + " out --address");
    }
  }

  /// Each service to start.
  ///
  /// @param keys of each, unless they vary
  List<BenchService> specs(int keys) {
    var base =
        new BenchService(
            "service",
            keys,
            bindings == null ? 1 : number("--bindings", bindings.toString()),
            Optional.ofNullable(program),
            settings);
    return vary == null ? List.of(base) : varied(base, vary);
  }

  private static List<BenchService> varied(BenchService base, String text) {
    var equals = text.indexOf('=');
    if (equals < 1) {
      throw new UsageError("--vary: '" + text + "' is not NAME=VALUE|VALUE");
    }
    var name = text.substring(0, equals);
    var services = new ArrayList<BenchService>();
    for (var value : text.substring(equals + 1).split("\\|", -1)) {
      services.add(varied(base.named(name + "=" + value), name, value));
    }
    return services;
  }

  private static BenchService varied(BenchService base, String name, String value) {
    return switch (name) {
      case "keys" -> base.withKeys(number("--vary keys", value));
      case "bindings" -> base.withBindings(number("--vary bindings", value));
      case "program" -> base.withProgram(value);
      default -> base.with(name, value);
    };
  }

  private static int number(String option, String text) {
    if (!text.matches("[1-9]\\d{0,5}")) {
      throw new UsageError(option + ": '" + text + "' is not a number from 1 to 999999");
    }
    return Integer.parseInt(text);
  }
}
