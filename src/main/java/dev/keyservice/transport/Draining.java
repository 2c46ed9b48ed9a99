package dev.keyservice.transport;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/// Lets the calls in progress finish when the process is told to end. Load balancers hear first
/// that nothing is served any more; their watches are not waited for.
///
/// Left to Quarkus, every one of them would fail; its shutdown timeout covers its HTTP server only.
/// Not in dev mode, where the call that brings a reload about would wait for itself.
@Singleton
final class Draining {
  private final ServiceHealth health;
  private final RunningServer running;
  private final ServerSettings settings;

  @Inject
  Draining(ServiceHealth health, RunningServer running, ServerSettings settings) {
    this.health = health;
    this.running = running;
    this.settings = settings;
  }

  void drain(@Observes ShutdownEvent event) {
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
      health.end();
      running.stop(settings.limits().drain());
    }
  }
}
