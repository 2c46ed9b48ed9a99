package dev.keyservice.observe;

import dev.keyservice.store.JdbcNonceUses;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// The uses of versions that are counted. Which versions these are is in the log: as labels they
/// could be any number.
@Singleton
final class UseMetrics {
  private final JdbcNonceUses nonceUses;

  UseMetrics(JdbcNonceUses nonceUses) {
    this.nonceUses = nonceUses;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    FunctionCounter.builder("keyservice.uses.reservations", nonceUses, JdbcNonceUses::reservations)
        .description("Blocks of uses that were reserved in the store.")
        .register(registry);
    FunctionCounter.builder("keyservice.uses.refused", nonceUses, JdbcNonceUses::refusals)
        .description("Encryptions refused because their version has none left.")
        .register(registry);
  }
}
