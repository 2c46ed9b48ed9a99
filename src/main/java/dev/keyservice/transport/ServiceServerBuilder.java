package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import io.grpc.BindableService;
import io.grpc.ForwardingServerBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.File;
import java.io.InputStream;

/// The builder that Quarkus adds the services to. Nobody can change its TLS.
final class ServiceServerBuilder extends ForwardingServerBuilder<ServiceServerBuilder> {
  private final ServerBuilder<?> builder;
  private final ListenAddress address;
  private final RunningServer running;

  ServiceServerBuilder(ServerBuilder<?> builder, ListenAddress address, RunningServer running) {
    this.builder = builder;
    this.address = address;
    this.running = running;
  }

  @Override
  protected ServerBuilder<?> delegate() {
    return builder;
  }

  @Override
  public ServiceServerBuilder useTransportSecurity(File certificate, File key) {
    throw otherTls();
  }

  @Override
  public ServiceServerBuilder useTransportSecurity(InputStream certificate, InputStream key) {
    throw otherTls();
  }

  @Override
  public ServiceServerBuilder addService(ServerServiceDefinition service) {
    var _ = builder.addService(UndecodableRequests.handOn(service));
    return this;
  }

  @Override
  public ServiceServerBuilder addService(BindableService service) {
    return addService(service.bindService());
  }

  @Override
  public Server build() {
    return new ReportingServer(super.build(), address, running);
  }

  private static SettingRefused otherTls() {
    return new SettingRefused(
        "quarkus.grpc.server.transport-security",
        "has no effect here; certificates are set by KEYSERVICE_TLS_CERT_FILE and its neighbours");
  }
}
