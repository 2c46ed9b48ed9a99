package dev.keyservice.transport;

import io.grpc.ServerServiceDefinition;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/// The port of the service without the service: the same server, event loops, TLS and limits, and
/// none of the stages. It is what the benchmark compares with.
public final class BareServer {
  private final RunningServer running = new RunningServer();

  /// Listens until the process ends.
  ///
  /// @param material with an identity and anchors
  /// @param services what it answers for
  /// @throws IOException when the address cannot be listened on
  public BareServer(
      ServerSettings settings, TlsMaterial material, List<ServerServiceDefinition> services)
      throws IOException {
    var tls = new ServerTls();
    var channels = new AcceptedChannels(settings);
    var connections = new Connections(tls, channels, Clock.systemUTC());
    tls.swap(material);
    var builder =
        new NettyServerFactory(
                settings,
                tls,
                running,
                new ServiceHealth(),
                channels,
                new PlaintextGate(),
                List.of(connections))
            .builder(Vertx.vertx(), LaunchMode.NORMAL);
    for (var service : services) {
      var _ = builder.addService(service);
    }
    var _ = builder.build().start();
  }

  /// The port in use.
  public int port() {
    return running.port();
  }
}
