package dev.keyservice.observe;

import dev.keyservice.transport.AcceptedChannels;
import dev.keyservice.transport.ConnectionRefusal;
import dev.keyservice.transport.LiveCalls;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// What is open on the port at this moment, and what was turned away before anybody knew who it
/// was. That is counted here and costs next to no log line, and nobody outside can add a label.
@Singleton
final class ConnectionMetrics {
  private final AcceptedChannels connections;
  private final LiveCalls calls;

  ConnectionMetrics(AcceptedChannels connections, LiveCalls calls) {
    this.connections = connections;
    this.calls = calls;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    Gauge.builder("keyservice.connections", connections, AcceptedChannels::count)
        .description("Open connections, their TLS done or not.")
        .register(registry);
    for (var cause : ConnectionRefusal.values()) {
      FunctionCounter.builder(
              "keyservice.connections.refused", connections, all -> all.refusals(cause))
          .description("Connections that came to nothing.")
          .tag("cause", cause.label())
          .register(registry);
    }
    Gauge.builder("keyservice.calls.running", calls, LiveCalls::running)
        .description("Calls in progress, streaming calls included.")
        .register(registry);
    Gauge.builder("keyservice.streams.running", calls, LiveCalls::streams)
        .description("Streaming calls in progress.")
        .register(registry);
  }
}
