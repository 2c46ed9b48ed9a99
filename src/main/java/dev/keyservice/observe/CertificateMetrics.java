package dev.keyservice.observe;

import dev.keyservice.transport.MaterialProblem;
import dev.keyservice.transport.ServerCertificates;
import dev.keyservice.transport.TlsMaterial;
import dev.keyservice.transport.TlsStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/// The service's TLS material as metrics: when it ends, how often it was replaced, and what became
/// of changed files.
///
/// Of several CAs or revocation lists the first to end is shown, since it is the one to act on.
@Singleton
final class CertificateMetrics {
  private static final String EXPIRY = "keyservice.tls.expiry.timestamp";
  private static final String EXPIRY_IS =
      "When the first of its kind ends, in seconds since the epoch.";

  private final ServerCertificates certificates;
  private final Clock clock;

  CertificateMetrics(ServerCertificates certificates, Clock clock) {
    this.certificates = certificates;
    this.clock = clock;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    expiry(registry, "leaf", CertificateMetrics::leafEnds);
    expiry(registry, "ca", CertificateMetrics::authoritiesEnd);
    expiry(registry, "crl", CertificateMetrics::listsEnd);
    FunctionCounter.builder("keyservice.tls.reloads", this, CertificateMetrics::reloads)
        .description("How often TLS material was replaced.")
        .register(registry);
    for (var problem : MaterialProblem.values()) {
      FunctionCounter.builder(
              "keyservice.tls.reload.failures", this, metrics -> metrics.refusals(problem))
          .description("How often changed TLS files were refused.")
          .tag("cause", problem.label())
          .register(registry);
    }
    Gauge.builder("keyservice.tls.files.refused", this, CertificateMetrics::refused)
        .description("1 while the TLS files, as they are, are not in force because of a fault.")
        .register(registry);
    TimeGauge.builder(
            "keyservice.tls.snapshot.age", this, TimeUnit.SECONDS, CertificateMetrics::age)
        .description("How long the TLS material in force has been so.")
        .register(registry);
  }

  private void expiry(
      MeterRegistry registry, String material, Function<TlsMaterial, Stream<Instant>> ends) {
    Gauge.builder(EXPIRY, this, metrics -> metrics.firstEnd(ends))
        .description(EXPIRY_IS)
        .baseUnit("seconds")
        .tag("material", material)
        .register(registry);
  }

  /// NaN where there is nothing that could end, which Prometheus shows as such.
  private double firstEnd(Function<TlsMaterial, Stream<Instant>> ends) {
    return status().map(TlsStatus::inForce).stream()
        .flatMap(ends)
        .mapToDouble(Instant::getEpochSecond)
        .min()
        .orElse(Double.NaN);
  }

  private static Stream<Instant> leafEnds(TlsMaterial material) {
    return material.identity().stream()
        .map(identity -> identity.certificate().getNotAfter().toInstant());
  }

  private static Stream<Instant> authoritiesEnd(TlsMaterial material) {
    return material.anchors().stream().map(X509Certificate::getNotAfter).map(Date::toInstant);
  }

  private static Stream<Instant> listsEnd(TlsMaterial material) {
    return material.revocations().lists().stream().map(X509CRL::getNextUpdate).map(Date::toInstant);
  }

  private double reloads() {
    return status().map(TlsStatus::reloads).orElse(0L);
  }

  private double refusals(MaterialProblem problem) {
    return status().map(status -> status.refusals().getOrDefault(problem, 0L)).orElse(0L);
  }

  private double refused() {
    return status().flatMap(TlsStatus::refused).isPresent() ? 1 : 0;
  }

  private double age() {
    return status()
        .map(status -> Duration.between(status.since(), clock.instant()).toMillis() / 1000.0)
        .orElse(0.0);
  }

  private Optional<TlsStatus> status() {
    return certificates.status();
  }
}
