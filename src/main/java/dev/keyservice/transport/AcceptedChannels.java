package dev.keyservice.transport;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import jakarta.inject.Singleton;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Every channel that the port has accepted and that is still open, its TLS done or not.
///
/// grpc-java tells its filters the addresses of a connection, but not its channel. This sees the
/// channel before grpc-java does: it stands first in the pipeline of the listening channel, whose
/// reads are the accepted ones.
@Singleton
final class AcceptedChannels {
  private final Map<Addresses, Channel> open = new ConcurrentHashMap<>();

  /// What tells one open channel of a port from another.
  private record Addresses(SocketAddress remote, SocketAddress local) {}

  /// Listening channels whose accepted channels are seen here.
  ChannelFactory<ServerChannel> watched(ChannelFactory<? extends ServerChannel> listening) {
    var watch = new Watch();
    return () -> {
      var channel = listening.newChannel();
      channel.pipeline().addFirst(watch);
      return channel;
    };
  }

  /// The channel of a connection that is ready.
  Optional<Channel> of(Attributes connection) {
    var remote = connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    var local = connection.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    return remote == null || local == null
        ? Optional.empty()
        : Optional.ofNullable(open.get(new Addresses(remote, local)));
  }

  /// How many there are.
  int count() {
    return open.size();
  }

  /// Keeps a channel until it closes.
  void add(Channel channel) {
    var remote = channel.remoteAddress();
    var local = channel.localAddress();
    if (remote == null || local == null) {
      return; // The client has gone already.
    }
    var addresses = new Addresses(remote, local);
    open.put(addresses, channel);
    // Only this one: a client may be back from the same port before the old channel is closed.
    channel.closeFuture().addListener(_ -> open.remove(addresses, channel));
  }

  @Sharable
  private final class Watch extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      add((Channel) accepted);
      context.fireChannelRead(accepted);
    }
  }
}
