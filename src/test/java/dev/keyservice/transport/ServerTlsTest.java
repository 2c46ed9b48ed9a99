package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.keyservice.testing.TestCa;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class ServerTlsTest {
  private static final TestCa CA = new TestCa();
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServerTls tls = new ServerTls();
  private Server server;

  @BeforeEach
  void listen() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls.sslContext())
            .addService(ByteService.echo())
            .build()
            .start();
  }

  @AfterEach
  void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
  }

  @Test
  void answersAClientThatItsAuthorityVouchesFor() {
    tls.swap(Materials.of(CA.server(), CA));

    assertArrayEquals(HELLO, callAs(Materials.of(CA.client("payments"), CA)));
  }

  @Test
  void answersWithAnRsaKey() {
    tls.swap(Materials.of(CA.rsaServer(), CA));

    assertArrayEquals(HELLO, callAs(Materials.of(CA.client("payments"), CA)));
  }

  static Stream<Arguments> strangers() {
    return Stream.of(
        arguments("without a certificate", Materials.anonymous(CA)),
        arguments("of another authority", Materials.of(new TestCa().client("payments"), CA)),
        arguments("with an expired certificate", Materials.of(CA.expiredClient("payments"), CA)),
        arguments("with a certificate for servers only", Materials.of(CA.server(), CA)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("strangers")
  void refusesAClient(String name, TlsMaterial client) {
    tls.swap(Materials.of(CA.server(), CA));

    var refused = assertThrows(StatusRuntimeException.class, () -> callAs(client));

    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
  }

  @Test
  void refusesTls12() throws Exception {
    tls.swap(Materials.of(CA.server(), CA));

    try (var socket = connect(sslContext())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      var refused = assertThrows(SSLException.class, socket::startHandshake);
      assertTrue(refused.toString().contains("protocol_version"), refused.toString());
    }
  }

  @Test
  void refusesPlaintext() throws IOException {
    tls.swap(Materials.of(CA.server(), CA));

    assertTrue(new PlaintextProbe(PATIENCE).isRefusedBy(address()));
  }

  @Test
  void refusesEverybodyBeforeItHasMaterial() throws Exception {
    try (var socket = connect(sslContext())) {
      var _ = assertThrows(SSLException.class, socket::startHandshake);
    }

    assertTrue(new PlaintextProbe(PATIENCE).isRefusedBy(address()));
    assertTrue(tls.current().isEmpty());
  }

  @Test
  void givesNewMaterialToTheNextConnectionAndLeavesOpenOnesAlone() {
    var next = new TestCa("next CA");
    tls.swap(Materials.of(CA.server(), CA));
    var open = ByteService.connect(server.getPort(), Materials.of(CA.client("payments"), CA));
    try {
      assertArrayEquals(HELLO, ByteService.call(open, HELLO));

      tls.swap(Materials.of(next.server(), next));

      assertArrayEquals(HELLO, ByteService.call(open, HELLO));
      assertArrayEquals(HELLO, callAs(Materials.of(next.client("payments"), next)));
      var _ =
          assertThrows(
              StatusRuntimeException.class, () -> callAs(Materials.of(CA.client("payments"), CA)));
    } finally {
      open.shutdownNow();
    }
  }

  /// A session that is resumed sends no certificate. A ticket comes before the server's first
  /// frame.
  @Test
  void provesItselfAnewOnEveryConnection() throws Exception {
    tls.swap(Materials.of(CA.server(), CA));
    var seen = new CountingTrust();
    var client = sslContext(seen);

    for (int i = 0; i < 2; i++) {
      try (var socket = connect(client)) {
        socket.startHandshake();
        assertNotEquals(-1, socket.getInputStream().read());
      }
    }

    assertEquals(2, seen.certificates);
  }

  private byte[] callAs(TlsMaterial client) {
    var channel = ByteService.connect(server.getPort(), client);
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }

  private InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort());
  }

  private SSLSocket connect(SSLContext client) throws IOException {
    var socket = (SSLSocket) client.getSocketFactory().createSocket("localhost", server.getPort());
    socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  private static SSLContext sslContext() throws Exception {
    return sslContext(new CountingTrust());
  }

  /// A client of the JDK's alone, which would take TLS 1.2 and tickets.
  private static SSLContext sslContext(CountingTrust trust) throws Exception {
    var client = CA.client("payments");
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "client", client.key(), new char[0], new Certificate[] {client.certificate()});
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {trust}, null);
    return context;
  }

  /// Believes every server, and counts how often one proves itself.
  private static final class CountingTrust implements X509TrustManager {
    private int certificates;

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      certificates++;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("this is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
