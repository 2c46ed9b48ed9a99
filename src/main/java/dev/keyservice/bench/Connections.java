package dev.keyservice.bench;

import dev.keyservice.client.ClientSettings;
import dev.keyservice.transport.ClientTls;
import dev.keyservice.transport.TlsMaterialLoader;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Connections to one service, each a channel of its own, all on the same few event loops. Nothing
/// is repeated: what fails is counted.
final class Connections implements AutoCloseable {
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final NioEventLoopGroup loops =
      new NioEventLoopGroup(Runtime.getRuntime().availableProcessors());
  private final List<ManagedChannel> channels = new ArrayList<>();

  /// Dials nothing yet.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when a file of the settings cannot be used
  Connections(ClientSettings settings, int number) {
    var tls =
        settings.tls()
            ? new ClientTls(
                new TlsMaterialLoader(Clock.systemUTC(), settings.tlsTimes().crlGrace())
                    .load(settings.tlsFiles()))
            : null;
    for (var i = 0; i < number; i++) {
      var builder =
          NettyChannelBuilder.forAddress(settings.host(), settings.port())
              .eventLoopGroup(loops)
              .channelType(NioSocketChannel.class)
              .directExecutor()
              .disableRetry()
              .disableServiceConfigLookUp();
      if (settings.serverName() != null) {
        builder = builder.overrideAuthority(settings.serverName());
      }
      channels.add(
          tls == null
              ? builder.usePlaintext().build()
              : builder.sslContext(tls.sslContext()).build());
    }
  }

  List<ManagedChannel> channels() {
    return channels;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdown);
    try {
      for (var channel : channels) {
        if (!channel.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
          var _ = channel.shutdownNow();
        }
      }
    } catch (InterruptedException e) {
      channels.forEach(ManagedChannel::shutdownNow);
      Thread.currentThread().interrupt();
    }
    var _ = loops.shutdownGracefully(0, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }
}
