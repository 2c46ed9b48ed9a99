package dev.keyservice.observe;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.LongStream;

/// What becomes of the calls of one method, in the names and labels that dashboards for gRPC
/// servers ask for.
///
/// Labels are the method's and the status code's, so nothing that a caller sends adds a series.
/// Counters are there from the start, since the first failure of a kind is to be seen as an
/// increase; the histogram of a code begins with its first call, since it has many series.
final class MethodMeters {
  private static final Duration[] BUCKETS =
      LongStream.of(
              500,
              1_000,
              2_500,
              5_000,
              10_000,
              25_000,
              50_000,
              100_000,
              250_000,
              500_000,
              1_000_000,
              2_500_000,
              10_000_000)
          .mapToObj(micros -> Duration.ofNanos(micros * 1_000))
          .toArray(Duration[]::new);

  private static final int CODES = Status.Code.values().length;

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter started;
  private final Counter[] handled;
  private final AtomicReferenceArray<Timer> handling = new AtomicReferenceArray<>(CODES);

  MethodMeters(MeterRegistry registry, MethodDescriptor<?, ?> method) {
    this.registry = registry;
    this.tags =
        Tags.of(
            "grpc_type",
            type(method.getType()),
            "grpc_service",
            Objects.requireNonNullElse(method.getServiceName(), ""),
            "grpc_method",
            Objects.requireNonNullElse(method.getBareMethodName(), ""));
    this.started =
        Counter.builder("grpc.server.started")
            .description("Calls that have begun.")
            .tags(tags)
            .register(registry);
    this.handled = new Counter[CODES];
    for (var code : Status.Code.values()) {
      handled[code.value()] =
          Counter.builder("grpc.server.handled")
              .description("Calls that have ended, by their status.")
              .tags(ofCode(code))
              .register(registry);
    }
  }

  private static String type(MethodDescriptor.MethodType type) {
    return switch (type) {
      case UNARY -> "unary";
      case CLIENT_STREAMING -> "client_stream";
      case SERVER_STREAMING -> "server_stream";
      case BIDI_STREAMING -> "bidi_stream";
      case UNKNOWN -> "unknown";
    };
  }

  void began() {
    started.increment();
  }

  void ended(Status.Code code, long nanos) {
    handled[code.value()].increment();
    timer(code).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer timer(Status.Code code) {
    var known = handling.get(code.value());
    if (known != null) {
      return known;
    }
    // Two at once get the same one: the registry makes it once.
    var timer =
        Timer.builder("grpc.server.handling")
            .description("How long calls took, from their headers to their status.")
            .tags(ofCode(code))
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    handling.set(code.value(), timer);
    return timer;
  }

  private Tags ofCode(Status.Code code) {
    return tags.and("grpc_code", name(code));
  }

  /// As Go's gRPC spells it, which is what dashboards match: `NotFound`, `OK`.
  static String name(Status.Code code) {
    if (code == Status.Code.OK) {
      return "OK";
    }
    if (code == Status.Code.CANCELLED) {
      return "Canceled";
    }
    var name = new StringBuilder();
    for (var word : code.name().split("_", -1)) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}
