package dev.keyservice.transport;

import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;

/// `grpc.health.v1.Health`, for load balancers and probes.
///
/// It stands below every stage: whoever gets a connection may ask, and asking makes no span and no
/// log line. It is grpc-java's own implementation, so an unknown service is NOT_FOUND as the
/// protocol says.
@Singleton
public class ServiceHealth {
  private static final String WHOLE = HealthStatusManager.SERVICE_NAME_ALL_SERVICES;

  private final HealthStatusManager statuses = new HealthStatusManager();
  private volatile List<String> names = List.of();
  private final HealthWatches watches = new HealthWatches();

  ServiceHealth() {
    statuses.setStatus(WHOLE, ServingStatus.NOT_SERVING);
  }

  /// Says that the server as a whole and each of these services now answer.
  public void serving(Collection<ServerServiceDefinition> services) {
    names = services.stream().map(service -> service.getServiceDescriptor().getName()).toList();
    ready(true);
  }

  /// Says whether they all answer. After the end it says nothing more.
  ///
  /// At no moment does the server as a whole serve while one of its services does not.
  public void ready(boolean ready) {
    if (ready) {
      names.forEach(name -> statuses.setStatus(name, ServingStatus.SERVING));
      statuses.setStatus(WHOLE, ServingStatus.SERVING);
    } else {
      statuses.setStatus(WHOLE, ServingStatus.NOT_SERVING);
      names.forEach(name -> statuses.setStatus(name, ServingStatus.NOT_SERVING));
    }
  }

  /// Says for good that nothing is served any more, and ends the watches once they have heard it.
  void end() {
    statuses.enterTerminalState();
    watches.end();
  }

  ServerServiceDefinition service() {
    var service = UndecodableRequests.refuse(statuses.getHealthService().bindService());
    return ServerInterceptors.intercept(service, watches::follow);
  }
}
