package dev.keyservice.transport;

import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestLimits;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Clock;
import javax.net.ssl.SSLSession;

/// Makes connections ready as the server does, without a network.
public final class TestConnections {
  private final ServerTls tls = new ServerTls();
  private final AcceptedChannels channels = new AcceptedChannels(TestLimits.settings());
  private final Connections connections;

  /// Of clients that this authority vouches for.
  public TestConnections(TestCa believed, Clock clock) {
    this.connections = new Connections(tls, channels, clock);
    tls.swap(Materials.of(believed.server(), believed));
  }

  /// The attributes of a new connection with this session.
  public Attributes ready(SSLSession session) {
    var channel = new EmbeddedChannel();
    var _ = channels.add(channel);
    return connections.transportReady(
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session)
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, channel.remoteAddress())
            .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, channel.localAddress())
            .build());
  }
}
