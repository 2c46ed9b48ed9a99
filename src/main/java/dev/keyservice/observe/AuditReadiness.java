package dev.keyservice.observe;

import dev.keyservice.audit.AuditLog;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Whether calls can be recorded, for the readiness probe: those that cannot are refused.
@Readiness
@ApplicationScoped
public class AuditReadiness implements HealthCheck {
  private final Instance<AuditLog> log;

  /// @param log asked late: the start opens it
  AuditReadiness(Instance<AuditLog> log) {
    this.log = log;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("audit");
    return log.get().isFailing()
        ? response.down().withData("reason", "the audit log cannot be written").build()
        : response.up().build();
  }
}
