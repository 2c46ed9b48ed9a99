package dev.keyservice.testing;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// A trusted caller that keeps to no protocol above the one it chooses: TCP, TLS or HTTP/2.
public final class RawClient {
  private static final int PATIENCE_MILLIS = 10_000;

  private final InetSocketAddress address;
  private final SSLContext tls;

  /// A caller of the installation, and the service on this port of loopback.
  public RawClient(Installation installation, String caller, int port) {
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.tls = tls(installation, caller);
  }

  private static SSLContext tls(Installation installation, String caller) {
    try {
      var context =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .trustManager(installation.file("ca.pem").toFile())
              .keyManager(
                  installation.file(caller + ".pem").toFile(),
                  installation.file(caller + "-key.pem").toFile())
              .build();
      return ((JdkSslContext) context).context();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A connection on which nothing was sent.
  public Socket tcp() throws IOException {
    var socket = new Socket();
    socket.connect(address, PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /// A connection whose handshake is done, with the client's certificate and for HTTP/2. Closing
  /// the TCP socket under it ends it at once, even while someone is writing.
  public SSLSocket tls(Socket tcp) throws IOException {
    var socket =
        (SSLSocket) tls.getSocketFactory().createSocket(tcp, "localhost", address.getPort(), true);
    var parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.startHandshake();
    socket.setSoTimeout(0);
    return socket;
  }

  /// A connection that has said what every client says first, and answers SETTINGS as it should.
  public Http2Connection http2() throws IOException, InterruptedException {
    var tcp = tcp();
    return Http2Connection.polite(tcp, tls(tcp));
  }

  /// A connection that says nothing by itself, not even that it has heard the server's SETTINGS.
  public Http2Connection silent() throws IOException {
    var tcp = tcp();
    return Http2Connection.silent(tcp, tls(tcp));
  }
}
