package dev.keyservice.client;

import dev.keyservice.transport.ClientTls;
import dev.keyservice.transport.TlsMaterial;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.security.Principal;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509TrustManager;

/// One more connection, only to find out why the one before failed. It sends nothing after the
/// handshake: bytes that the server does not read make its end of the connection a reset, which can
/// overtake the alert that names the cause.
final class Probe {
  private static final Duration SHORTEST = Duration.ofMillis(500);

  private final ClientSettings settings;
  private final Duration limit;

  Probe(ClientSettings settings, Duration limit) {
    this.settings = settings;
    this.limit = limit.compareTo(SHORTEST) < 0 ? SHORTEST : limit;
  }

  /// What became of the connection.
  sealed interface Finding {}

  /// An error of the network or of TLS, or an alert of the server.
  record Refused(Throwable cause) implements Finding {}

  /// The server closed it without a word.
  record Closed() implements Finding {}

  /// The server said nothing in time.
  record Silent() implements Finding {}

  /// The server sent data: nothing is wrong with the connection.
  record Spoke() implements Finding {}

  /// Connects with a context and waits for the first that comes from the server.
  Finding look(SslContext context) {
    var found = new CompletableFuture<Finding>();
    var loop = new NioEventLoopGroup(1);
    try {
      connect(loop, context, found);
      return found.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return new Silent();
    } catch (ExecutionException e) {
      return new Refused(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Silent();
    } finally {
      var _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
  }

  private void connect(
      NioEventLoopGroup loop, SslContext context, CompletableFuture<Finding> found) {
    var bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    var tls =
                        context.newHandler(
                            channel.alloc(), settings.expectedName(), settings.port());
                    channel.pipeline().addLast(tls, new Watch(found));
                  }
                });
    var _ =
        bootstrap
            .connect(settings.host(), settings.port())
            .addListener((ChannelFuture connected) -> {
              if (connected.cause() != null) {
                found.complete(new Refused(connected.cause()));
              }
            });
  }

  /// The certificate that the server shows, which nobody has verified.
  Optional<X509Certificate> certificateOfServer() {
    var shown = new AtomicReference<X509Certificate>();
    try {
      var _ =
          look(
              SslContextBuilder.forClient()
                  .trustManager(new Onlooker(shown))
                  .protocols("TLSv1.3")
                  .build());
    } catch (SSLException e) {
      return Optional.empty();
    }
    return Optional.ofNullable(shown.get());
  }

  /// The authorities that the server asks clients to be vouched for by; empty when it does not say,
  /// or is not believed itself.
  List<Principal> authoritiesOfServer(TlsMaterial material) {
    var asked = new CopyOnWriteArrayList<Principal>();
    var _ = look(ClientTls.withoutCertificate(material, asked::addAll));
    return List.copyOf(asked);
  }

  private static final class Watch extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<Finding> found;

    Watch(CompletableFuture<Finding> found) {
      this.found = found;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
        found.complete(new Refused(handshake.cause()));
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
      found.complete(new Spoke());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      found.complete(new Refused(cause));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      found.complete(new Closed());
    }
  }

  /// Looks at the certificate and trusts no one: the handshake always ends here.
  private record Onlooker(AtomicReference<X509Certificate> shown) implements X509TrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      shown.set(List.of(chain).getFirst());
      throw new CertificateException("only looking");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("only looking");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
