package dev.keyservice.transport;

import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import jakarta.inject.Singleton;

/// `grpc.health.v1.Health`, for load balancers and probes.
///
/// It stands below every stage: whoever gets a connection may ask, and asking makes no span and no
/// log line. It is grpc-java's own implementation, so an unknown service is NOT_FOUND as the
/// protocol says.
@Singleton
public class ServiceHealth {
  private final HealthStatusManager statuses = new HealthStatusManager();
  private final HealthWatches watches = new HealthWatches();

  ServiceHealth() {
    statuses.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
  }

  /// Says that the server as a whole and each of these services now answer.
  public void serving(Iterable<ServerServiceDefinition> services) {
    for (var service : services) {
      statuses.setStatus(service.getServiceDescriptor().getName(), ServingStatus.SERVING);
    }
    statuses.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
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
