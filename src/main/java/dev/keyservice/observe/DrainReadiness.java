package dev.keyservice.observe;

import dev.keyservice.transport.Draining;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Whether the service goes on, for the readiness probe.
@Readiness
@ApplicationScoped
public class DrainReadiness implements HealthCheck {
  private final Draining draining;

  DrainReadiness(Draining draining) {
    this.draining = draining;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("drain");
    return draining.hasBegun()
        ? response.down().withData("reason", "the service is shutting down").build()
        : response.up().build();
  }
}
