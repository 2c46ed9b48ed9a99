package dev.keyservice.transport;

import dev.keyservice.call.NoiseLimit;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Every channel that the port has accepted and that is still open, its TLS done or not; no more of
/// them than the limits allow.
///
/// grpc-java tells its filters the addresses of a connection, but not its channel, and has no limit
/// on their number. This sees a channel before grpc-java does: it stands first in the pipeline of
/// the listening channel, whose reads are the accepted ones.
@Singleton
public final class AcceptedChannels {
  private static final Logger LOG = Logger.getLogger(AcceptedChannels.class);

  private final ServerLimits limits;
  private final Map<Addresses, Accepted> open = new ConcurrentHashMap<>();
  private final Map<Object, Integer> byHost = new ConcurrentHashMap<>();
  private final Map<ConnectionRefusal, LongAdder> refusals = new EnumMap<>(ConnectionRefusal.class);
  private final NoiseLimit noise = new NoiseLimit();

  @Inject
  AcceptedChannels(ServerSettings settings) {
    this.limits = settings.limits();
    for (var cause : ConnectionRefusal.values()) {
      refusals.put(cause, new LongAdder());
    }
  }

  /// What tells one open channel of a port from another.
  private record Addresses(SocketAddress remote, SocketAddress local) {
    /// Whose connections are counted together.
    Object host() {
      return remote instanceof InetSocketAddress internet ? internet.getAddress() : remote;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Addresses of && remote.equals(of.remote) && local.equals(of.local);
    }

    @Override
    public int hashCode() {
      return 31 * remote.hashCode() + local.hashCode();
    }
  }

  private static final class Accepted {
    private final Channel channel;
    private volatile boolean ready;

    Accepted(Channel channel) {
      this.channel = channel;
    }
  }

  /// Listening channels whose accepted channels are seen here.
  ChannelFactory<ServerChannel> watched(ChannelFactory<? extends ServerChannel> listening) {
    var watch = new Watch();
    return () -> {
      var channel = listening.newChannel();
      channel.pipeline().addFirst(watch);
      return channel;
    };
  }

  /// The channel of a connection that is ready, which is noted.
  Optional<Channel> ready(Attributes connection) {
    var remote = connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    var local = connection.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    if (remote == null || local == null) {
      return Optional.empty();
    }
    var accepted = open.get(new Addresses(remote, local));
    if (accepted == null) {
      return Optional.empty();
    }
    accepted.ready = true;
    return Optional.of(accepted.channel);
  }

  /// How many there are.
  public int count() {
    return open.size();
  }

  /// How many came to nothing since the start.
  public long refusals(ConnectionRefusal cause) {
    return count(cause).sum();
  }

  private LongAdder count(ConnectionRefusal cause) {
    return Objects.requireNonNull(refusals.get(cause));
  }

  /// Takes a channel, or closes it when there are too many. Only called by the one thread that
  /// accepts.
  ///
  /// @return whether it was taken
  boolean add(Channel channel) {
    var remote = channel.remoteAddress();
    var local = channel.localAddress();
    if (remote == null || local == null) {
      return true; // The client has gone already.
    }
    var addresses = new Addresses(remote, local);
    if (open.size() >= limits.connections()) {
      return refuse(channel, ConnectionRefusal.TOO_MANY);
    }
    if (byHost.getOrDefault(addresses.host(), 0) >= limits.connectionsPerAddress()) {
      return refuse(channel, ConnectionRefusal.TOO_MANY_OF_ADDRESS);
    }
    keep(addresses, new Accepted(channel));
    channel.pipeline().addLast(FrameGuard.on(() -> flooded(channel)));
    return true;
  }

  /// Keeps a channel until it closes.
  private void keep(Addresses addresses, Accepted accepted) {
    byHost.merge(addresses.host(), 1, Integer::sum);
    open.put(addresses, accepted);
    accepted
        .channel
        .closeFuture()
        .addListener(_ -> {
          // Only this one: a client may be back from the same port before the old channel is
          // closed.
          open.remove(addresses, accepted);
          byHost.computeIfPresent(addresses.host(), (_, count) -> count == 1 ? null : count - 1);
          if (!accepted.ready) {
            endedInHandshake(accepted.channel);
          }
        });
  }

  private boolean refuse(Channel channel, ConnectionRefusal cause) {
    count(cause).increment();
    report(cause, "there are as many as the limits allow", channel);
    // It has no event loop yet that could close it.
    channel.unsafe().closeForcibly();
    return false;
  }

  /// A connection is being ended for what it sent.
  private void flooded(Channel channel) {
    count(ConnectionRefusal.FLOOD).increment();
    report(ConnectionRefusal.FLOOD, "it sent what no client of gRPC sends", channel);
  }

  private void endedInHandshake(Channel channel) {
    count(ConnectionRefusal.HANDSHAKE).increment();
    var tls = channel.pipeline().get(SslHandler.class);
    var cause = tls == null ? null : tls.handshakeFuture().cause();
    // Probes and scanners come and go without TLS; what they do is counted and no news.
    if (cause != null
        && !(cause instanceof ClosedChannelException)
        && !(cause instanceof NotSslRecordException)) {
      report(ConnectionRefusal.HANDSHAKE, String.valueOf(cause.getMessage()), channel);
    }
  }

  private void report(ConnectionRefusal cause, String why, Channel channel) {
    noise
        .admit(cause.label(), System.nanoTime())
        .ifPresent(suppressed ->
            LOG.infof(
                "a connection was refused (%s): %s, peer=%s, suppressed=%d",
                cause.label(), why, channel.remoteAddress(), suppressed));
  }

  @Sharable
  private final class Watch extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      if (add((Channel) accepted)) {
        context.fireChannelRead(accepted);
      }
    }
  }
}
