package dev.keyservice.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// Whether the service is to get calls, for those who do not ask the readiness probe themselves.
@Singleton
final class ReadinessMetrics {
  private final ReadinessOfServices readiness;

  ReadinessMetrics(ReadinessOfServices readiness) {
    this.readiness = readiness;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    Gauge.builder("keyservice.ready", readiness, known -> known.isReady() ? 1 : 0)
        .description("1 while the service can do its work.")
        .register(registry);
  }
}
