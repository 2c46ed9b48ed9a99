package dev.keyservice.transport;

import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.quarkus.arc.All;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Builds grpc-java's Netty server on the event loops of Vert.x, with our TLS, or behind our gate,
/// and with our limits.
@Singleton
@Unremovable
final class NettyServerFactory {
  private static final boolean ADVERTISED = true;

  private final ServerSettings settings;
  private final ServerTls tls;
  private final RunningServer running;
  private final ServiceHealth health;
  private final AcceptedChannels channels;
  private final PlaintextGate gate;
  private final List<ServerTransportFilter> filters;

  @Inject
  NettyServerFactory(
      ServerSettings settings,
      ServerTls tls,
      RunningServer running,
      ServiceHealth health,
      AcceptedChannels channels,
      PlaintextGate gate,
      @All List<ServerTransportFilter> filters) {
    this.settings = settings;
    this.tls = tls;
    this.running = running;
    this.health = health;
    this.channels = channels;
    this.gate = gate;
    this.filters = filters;
  }

  ServiceServerBuilder builder(Vertx vertx, LaunchMode mode) {
    var internal = (VertxInternal) vertx;
    var calls =
        mode == LaunchMode.DEVELOPMENT
            ? new ReloadingCalls(internal)
            : new EventLoopCalls(internal);
    var listening = channels.watched(internal.transport().serverChannelFactory(false));
    var builder =
        secured(NettyServerBuilder.forAddress(settings.listen().toSocketAddress()), listening)
            .bossEventLoopGroup(internal.getAcceptorEventLoopGroup())
            .workerEventLoopGroup(internal.getEventLoopGroup())
            .executor(calls)
            .callExecutor(calls);
    limit(builder, settings.limits());
    filters.forEach(builder::addTransportFilter);
    builder.addService(health.service());
    return new ServiceServerBuilder(builder, settings.listen(), running);
  }

  private NettyServerBuilder secured(
      NettyServerBuilder builder, ChannelFactory<ServerChannel> listening) {
    return switch (settings.security()) {
      case PortSecurity.Tls _ -> builder.channelFactory(listening).sslContext(tls.sslContext());
      case PortSecurity.Plaintext _ -> builder.channelFactory(gate.guarded(listening));
    };
  }

  private static void limit(NettyServerBuilder builder, ServerLimits limits) {
    builder
        .maxInboundMessageSize(limits.messageBytes())
        .maxInboundMetadataSize(limits.metadataBytes())
        .maxConcurrentCallsPerConnection(limits.callsPerConnection())
        .handshakeTimeout(limits.handshake().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionIdle(limits.idle().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAge(limits.age().toMillis(), TimeUnit.MILLISECONDS)
        .maxConnectionAgeGrace(limits.ageGrace().toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTime(limits.keepAlive().toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(limits.keepAliveTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveTime(limits.permittedPings().toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .maxRstFramesPerWindow(limits.resets(), Math.toIntExact(limits.resetWindow().toSeconds()))
        .decompressorRegistry(uncompressed());
  }

  /// No compression: what is encrypted does not shrink, and 100 KB of gzip can become 100 MiB.
  private static DecompressorRegistry uncompressed() {
    return DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, ADVERTISED);
  }
}
