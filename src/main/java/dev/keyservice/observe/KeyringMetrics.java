package dev.keyservice.observe;

import dev.keyservice.key.Keyring;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/// Whether keys are found in memory. Which ones are used is in the access log: as labels they could
/// be any number.
@Singleton
final class KeyringMetrics {
  private final Keyring keyring;

  KeyringMetrics(Keyring keyring) {
    this.keyring = keyring;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    FunctionCounter.builder("keyservice.keyring.lookups", keyring, Keyring::hits)
        .description("Look-ups of keys in memory.")
        .tag("result", "hit")
        .register(registry);
    FunctionCounter.builder("keyservice.keyring.lookups", keyring, Keyring::misses)
        .description("Look-ups of keys in memory.")
        .tag("result", "miss")
        .register(registry);
    FunctionCounter.builder("keyservice.keyring.evictions", keyring, Keyring::evictions)
        .description("Keys that left the memory because there was no room.")
        .register(registry);
    FunctionTimer.builder(
            "keyservice.keyring.loads",
            keyring,
            all -> all.loads().times(),
            all -> all.loads().nanos(),
            TimeUnit.NANOSECONDS)
        .description("Reads of keys from the store into the memory.")
        .register(registry);
    Gauge.builder("keyservice.keyring.keys", keyring, Keyring::size)
        .description("Keys in memory.")
        .register(registry);
    Gauge.builder("keyservice.keyring.fill.ratio", keyring, Keyring::fill)
        .description("How much of the memory for keys is taken, 0 to 1.")
        .register(registry);
  }
}
