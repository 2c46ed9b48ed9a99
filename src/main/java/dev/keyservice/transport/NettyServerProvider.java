package dev.keyservice.transport;

import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.quarkus.arc.Arc;
import io.quarkus.grpc.runtime.config.GrpcClientConfiguration;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.quarkus.grpc.spi.GrpcBuilderProvider;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownContext;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Hands Quarkus our server instead of its own, which would listen in plaintext by default.
///
/// The service loader makes it, so it finds what it needs in the CDI container.
@RegisterForReflection
public final class NettyServerProvider implements GrpcBuilderProvider<ServiceServerBuilder> {
  /// Always, so that there is no configuration in which Quarkus's own server is used.
  @Override
  public boolean providesServer(GrpcServerConfiguration configuration) {
    if (!configuration.useSeparateServer()) {
      // Nobody of ours is there yet to turn a refusal into one line, so this is the line.
      throw new ConfigurationException(
          "keyservice: quarkus.grpc.server.use-separate-server: must be true; the HTTP server of"
              + " Quarkus knows neither our TLS nor our limits");
    }
    return true;
  }

  @Override
  public ServerBuilder<ServiceServerBuilder> createServerBuilder(
      Vertx vertx, GrpcServerConfiguration configuration, LaunchMode launchMode) {
    return Arc.container().instance(NettyServerFactory.class).get().builder(vertx, launchMode);
  }

  @Override
  public void startServer(Server server) throws IOException {
    var _ = server.start();
  }

  /// Only called in dev mode: the port has to be free before the reloaded service opens it again.
  /// The call that brought the reload about is among those that end here, so there is no waiting.
  @Override
  public void postStartup(Server server, ShutdownContext shutdown) {
    var running = Arc.container().instance(RunningServer.class).get();
    shutdown.addShutdownTask(() -> running.stop(Duration.ZERO));
  }

  /// Never: a reload starts a new one, and with it whatever has changed.
  @Override
  public boolean serverAlreadyExists() {
    return false;
  }

  @Override
  public void devModeReload(
      List<ServerServiceDefinition> servicesWithInterceptors,
      Map<String, ServerMethodDefinition<?, ?>> methods,
      List<ServerInterceptor> globalInterceptors,
      ShutdownContext shutdown) {
    throw new UnsupportedOperationException("a reload starts a new server");
  }

  /// What Quarkus logs once the server listens. The host and port it knows are not the ones in use.
  @Override
  public String serverInfo(String host, int port, GrpcServerConfiguration configuration) {
    var running = Arc.container().instance(RunningServer.class).get();
    if (!running.isListening()) {
      return "no gRPC server";
    }
    var security = Arc.container().instance(ServerSettings.class).get().security();
    return "gRPC server on port " + running.port() + " [" + security.describe() + "]";
  }

  @Override
  public boolean providesChannel(GrpcClientConfiguration configuration) {
    return false;
  }

  @Override
  public String resolver() {
    throw noChannels();
  }

  @Override
  public ManagedChannelBuilder<?> createChannelBuilder(
      GrpcClientConfiguration configuration, String target) {
    throw noChannels();
  }

  @Override
  public String channelInfo(GrpcClientConfiguration configuration) {
    throw noChannels();
  }

  private static UnsupportedOperationException noChannels() {
    return new UnsupportedOperationException("channels are not provided here");
  }
}
