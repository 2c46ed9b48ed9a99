package dev.keyservice.observe;

import dev.keyservice.access.PolicyInForce;
import dev.keyservice.access.PolicyStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/// The access policy as metrics: how often it was replaced, and what became of changed files.
@Singleton
final class PolicyMetrics {
  private final PolicyInForce policy;
  private final Clock clock;

  PolicyMetrics(PolicyInForce policy, Clock clock) {
    this.policy = policy;
    this.clock = clock;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    FunctionCounter.builder("keyservice.policy.reloads", this, PolicyMetrics::reloads)
        .description("How often the access policy was replaced.")
        .register(registry);
    FunctionCounter.builder("keyservice.policy.reload.failures", this, PolicyMetrics::failures)
        .description("How often a changed policy was refused.")
        .register(registry);
    Gauge.builder("keyservice.policy.refused", this, PolicyMetrics::refused)
        .description("1 while the policy files, as they are, are not in force because of a fault.")
        .register(registry);
    TimeGauge.builder("keyservice.policy.snapshot.age", this, TimeUnit.SECONDS, PolicyMetrics::age)
        .description("How long the policy in force has been so.")
        .register(registry);
  }

  private double reloads() {
    return policy.status().map(PolicyStatus::reloads).orElse(0L);
  }

  private double failures() {
    return policy.status().map(PolicyStatus::failures).orElse(0L);
  }

  private double refused() {
    return policy.status().flatMap(PolicyStatus::refused).isPresent() ? 1 : 0;
  }

  private double age() {
    return policy.status().map(PolicyStatus::since).map(this::secondsSince).orElse(0.0);
  }

  private double secondsSince(Instant begin) {
    return Duration.between(begin, clock.instant()).toMillis() / 1000.0;
  }
}
