package dev.keyservice.observe;

import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.RunningServer;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Every call that meets the stages, whatever becomes of it: also those that are refused before
/// Quarkus's own metrics would see them.
///
/// The meters of a call are found, not made: its method is one of the server's, since grpc-java
/// refuses others below the stages.
@Singleton
final class CallMetrics {
  private final MeterRegistry registry;
  private final RunningServer server;
  private final CallsByCaller callers;
  private final Map<String, MethodMeters> methods = new ConcurrentHashMap<>();
  private final Map<String, Counter> reasons = new HashMap<>();

  CallMetrics(MeterRegistry registry, RunningServer server, CallsByCaller callers) {
    this.registry = registry;
    this.server = server;
    this.callers = callers;
    for (var reason : Reason.values()) {
      reasons.put(
          reason.name(),
          Counter.builder("keyservice.calls.failed")
              .description("Calls that failed, by the reason that the status gives.")
              .tag("reason", reason.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
  }

  /// All methods have their series before anyone calls them. A call that comes earlier, while the
  /// start ends, makes those of its own method.
  void register(@Observes StartupEvent event) {
    for (var service : server.services()) {
      // Health stands below the stages: zeros would say that nobody asks.
      if (!service.getServiceDescriptor().getName().equals(HealthGrpc.SERVICE_NAME)) {
        service
            .getMethods()
            .forEach(method -> {
              var _ = of(method.getMethodDescriptor());
            });
      }
    }
  }

  /// A call has begun.
  ///
  /// @return to be told how it ended
  MethodMeters began(MethodDescriptor<?, ?> method) {
    var meters = of(method);
    meters.began();
    return meters;
  }

  private MethodMeters of(MethodDescriptor<?, ?> method) {
    var known = methods.get(method.getFullMethodName());
    return known == null
        ? methods.computeIfAbsent(
            method.getFullMethodName(), _ -> new MethodMeters(registry, method))
        : known;
  }

  /// A call has ended. To be called once.
  void ended(MethodMeters method, CallRecord call, Status.Code code) {
    method.ended(code, System.nanoTime() - call.startNanos());
    callers.count(call.callerId(), code);
    call.reason().map(reasons::get).ifPresent(Counter::increment);
  }
}
