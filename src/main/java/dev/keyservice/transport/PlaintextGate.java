package dev.keyservice.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import jakarta.inject.Singleton;

/// Keeps a port without TLS shut until the service is ready.
///
/// A port with TLS refuses every handshake until it has its material. One without would answer as
/// soon as it listens, which is before anything behind it has been found in order.
@Singleton
public final class PlaintextGate {
  private volatile boolean isOpen;

  /// Lets everybody in who connects from now on.
  public void open() {
    isOpen = true;
  }

  /// Listening channels that close what they accept until the gate is open.
  ChannelFactory<ServerChannel> guarded(ChannelFactory<? extends ServerChannel> listening) {
    var guard = new Guard();
    return () -> {
      var channel = listening.newChannel();
      channel.pipeline().addFirst(guard);
      return channel;
    };
  }

  @Sharable
  private final class Guard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      if (isOpen) {
        context.fireChannelRead(accepted);
      } else {
        // It belongs to no event loop yet, so it cannot be closed in the ordinary way.
        ((Channel) accepted).unsafe().closeForcibly();
      }
    }
  }
}
