package dev.keyservice.observe;

import dev.keyservice.audit.AuditFigures;
import dev.keyservice.audit.AuditLog;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/// How the audit log is doing.
@Singleton
final class AuditMetrics {
  /// After the start, which opens it.
  void register(@Observes StartupEvent event, MeterRegistry registry, AuditLog log) {
    var figures = log.figures();
    FunctionCounter.builder("keyservice.audit.records", figures, AuditFigures::records)
        .description("Records of calls and changes that were written.")
        .register(registry);
    FunctionCounter.builder("keyservice.audit.refused", log, AuditLog::refused)
        .description("Records that were refused because nothing could be written.")
        .register(registry);
    FunctionCounter.builder("keyservice.audit.checkpoints", figures, AuditFigures::checkpoints)
        .description("Signatures over the chain.")
        .register(registry);
    FunctionTimer.builder(
            "keyservice.audit.sync",
            figures,
            AuditFigures::syncs,
            AuditFigures::syncSeconds,
            TimeUnit.SECONDS)
        .description("How long the disk took to keep what was written.")
        .register(registry);
    TimeGauge.builder(
            "keyservice.audit.sync.max", figures, TimeUnit.SECONDS, AuditFigures::takeSlowestSync)
        .description("The longest of them since this was asked last.")
        .register(registry);
    Gauge.builder("keyservice.audit.waiting", log, AuditLog::waiting)
        .description("Records that wait to be written.")
        .register(registry);
    Gauge.builder("keyservice.audit.failing", log, one -> one.isFailing() ? 1 : 0)
        .description("1 while nothing can be recorded and every call is refused.")
        .register(registry);
  }
}
