package dev.keyservice.transport;

import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestLimits;
import io.grpc.ServerServiceDefinition;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/// A server as the service opens it, without the rest of the service.
final class OurServer implements AutoCloseable {
  static final TestCa CA = new TestCa();
  static final TlsMaterial CLIENT = Materials.of(CA.client("payments"), CA);

  final ServerSettings settings = TestLimits.settings();
  final RunningServer running = new RunningServer();
  final ServiceHealth health = new ServiceHealth();
  final ServerTls tls = new ServerTls();
  final AcceptedChannels channels = new AcceptedChannels(settings);
  final Connections connections;
  final Vertx vertx = Vertx.vertx();

  OurServer(ServerServiceDefinition service) throws IOException {
    this(service, Clock.systemUTC());
  }

  OurServer(ServerServiceDefinition service, Clock clock) throws IOException {
    connections = new Connections(tls, channels, clock);
    tls.swap(Materials.of(CA.server(), CA));
    connections.watchDates();
    var _ =
        new NettyServerFactory(
                settings, tls, running, health, channels, new PlaintextGate(), List.of(connections))
            .builder(vertx, LaunchMode.NORMAL)
            .addService(service)
            .build()
            .start();
  }

  @Override
  public void close() {
    running.stop(Duration.ZERO);
    connections.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
