package dev.keyservice.observe;

import dev.keyservice.limit.CallerLimits;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// How many calls came to nothing because their callers made too many. Which callers these were is
/// in the access log: as labels they could be any number.
@Singleton
final class LimitMetrics {
  private final CallerLimits limits;

  LimitMetrics(CallerLimits limits) {
    this.limits = limits;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    FunctionCounter.builder("keyservice.calls.limited", limits, CallerLimits::refusals)
        .description("Calls refused because their caller makes more than it may.")
        .register(registry);
    Gauge.builder("keyservice.limit.callers", limits, CallerLimits::callers)
        .description("Callers that have calls counted against their rates at this moment.")
        .register(registry);
  }
}
