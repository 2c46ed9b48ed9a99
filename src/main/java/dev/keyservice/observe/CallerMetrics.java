package dev.keyservice.observe;

import dev.keyservice.identity.RefusedCallers;
import dev.keyservice.token.Tokens;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// Who was not let in, and how the keys are with which tokens are verified. The only label that
/// comes from outside is the issuer, which the operator wrote.
@Singleton
final class CallerMetrics {
  private final RefusedCallers refused;
  private final Tokens tokens;
  private final Clock clock;

  CallerMetrics(RefusedCallers refused, Tokens tokens, Clock clock) {
    this.refused = refused;
    this.tokens = tokens;
    this.clock = clock;
  }

  /// After the start, which reads the issuers.
  void register(@Observes StartupEvent event, MeterRegistry registry) {
    for (var reason : RefusedCallers.REASONS) {
      FunctionCounter.builder("keyservice.calls.unauthenticated", refused, all -> all.of(reason))
          .description("Calls that had no caller.")
          .tag("reason", reason.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    FunctionCounter.builder("keyservice.tokens.verified", tokens, Tokens::verified)
        .description("Signatures of bearer tokens that were verified and found good.")
        .register(registry);
    tokens.issuers().keySet().forEach(issuer -> keys(registry, issuer));
  }

  private void keys(MeterRegistry registry, String issuer) {
    Gauge.builder("keyservice.issuer.keys", this, metrics -> metrics.status(issuer).keys())
        .description("Keys of the issuer that are in force.")
        .tag("issuer", issuer)
        .register(registry);
    TimeGauge.builder(
            "keyservice.issuer.keys.age", this, TimeUnit.SECONDS, metrics -> metrics.age(issuer))
        .description("How long ago they were last found to be those of the issuer.")
        .tag("issuer", issuer)
        .register(registry);
    FunctionCounter.builder(
            "keyservice.issuer.keys.changes", this, metrics -> metrics.status(issuer).changes())
        .description("How often keys of the issuer were put into force.")
        .tag("issuer", issuer)
        .register(registry);
    FunctionCounter.builder(
            "keyservice.issuer.keys.failures", this, metrics -> metrics.status(issuer).failures())
        .description("How often keys of the issuer could not be read, or were refused.")
        .tag("issuer", issuer)
        .register(registry);
  }

  private Tokens.IssuerStatus status(String issuer) {
    return Objects.requireNonNull(tokens.issuers().get(issuer));
  }

  /// NaN before there were any, which Prometheus shows as such.
  private double age(String issuer) {
    return status(issuer)
        .confirmed()
        .map(then -> Duration.between(then, clock.instant()).toMillis() / 1000.0)
        .orElse(Double.NaN);
  }
}
