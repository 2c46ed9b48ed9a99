package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorException.Reason;
import java.security.cert.Certificate;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Revocation as the other side of a connection meets it.
@Timeout(60)
class RevocationHandshakeTest {
  private static final TestCa CA = new TestCa();
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServerTls tls = new ServerTls();
  private final AtomicInteger calls = new AtomicInteger();
  private final Clock clock = ((InstantSource) this::now).withZone(ZoneOffset.UTC);
  private volatile Instant now = Instant.now();

  @TempDir Path directory;
  private Server server;

  @BeforeEach
  void listen() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls.sslContext())
            .addService(
                ByteService.answering((request, response) -> {
                  calls.incrementAndGet();
                  response.onNext(request);
                  response.onCompleted();
                }))
            .build()
            .start();
  }

  @AfterEach
  void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
  }

  @Test
  void refusesARevokedClientAndNoOther() throws IOException {
    var revoked = CA.client("payments");
    tls.swap(server(List.of(CA), CA.crl().revoking(revoked.certificate()).build()));

    assertRefused(Materials.of(revoked, CA));
    assertAnswered(Materials.of(CA.client("payments"), CA));
  }

  @Test
  void refusesAClientWhoseIntermediateIsRevoked() throws IOException {
    var between = CA.intermediate("between");
    var client = Materials.below(between, between.clientBelow("payments"), CA);
    var list = between.crl().build();
    tls.swap(server(List.of(CA, between), CA.crl().number(1).build(), list));
    assertAnswered(client);

    var revoking = CA.crl().number(2).revoking(between.certificate()).build();
    tls.swap(server(List.of(CA, between), revoking, list));

    assertRefused(client);
    assertAnswered(Materials.of(CA.client("payments"), CA));
  }

  @Test
  void refusesAClientWhoseIntermediateIsRevokedAndNotInTheBundle() throws IOException {
    var between = CA.intermediate("between");
    tls.swap(server(List.of(CA), CA.crl().revoking(between.certificate()).build()));

    assertRefused(Materials.below(between, between.clientBelow("payments"), CA));
  }

  @Test
  void refusesAClientWhoseIntermediateHasNoList() throws IOException {
    var between = CA.intermediate("between");
    tls.swap(server(List.of(CA), CA.crl().build()));

    assertRefused(Materials.below(between, between.clientBelow("payments"), CA));
  }

  @Test
  void refusesNobodyWithinTheGraceOfAListAndEverybodyAfter() throws IOException {
    var client = Materials.of(CA.client("payments"), CA);
    var end = now.plus(Duration.ofMinutes(1));
    tls.swap(server(List.of(CA), CA.crl().until(end).build()));
    assertAnswered(client);

    now = end.plus(GRACE).minusSeconds(2);
    assertAnswered(client);

    now = end.plus(GRACE).plusSeconds(2);
    assertRefused(client);
    assertRefused(Materials.of(CA.client("shipping"), CA));
  }

  @Test
  void answersAgainWithTheNextList() throws IOException {
    var client = Materials.of(CA.client("payments"), CA);
    tls.swap(server(List.of(CA), CA.crl().until(now.plusSeconds(60)).build()));
    now = now.plus(Duration.ofMinutes(30));
    assertRefused(client);

    tls.swap(server(List.of(CA), CA.crl().build()));

    assertAnswered(client);
  }

  /// The client is the JDK's own, which keeps sessions and would resume one: then it would send no
  /// certificate.
  @Test
  void refusesTheNextConnectionOfAClientThatIsRevokedNow() throws Exception {
    var client = CA.client("payments");
    var context = jdkClient(client);
    tls.swap(server(List.of(CA), CA.crl().number(1).build()));
    try (var socket = connect(context)) {
      assertNotEquals(-1, socket.getInputStream().read());
    }

    tls.swap(server(List.of(CA), CA.crl().number(2).revoking(client.certificate()).build()));

    try (var socket = connect(context)) {
      var refused = assertThrows(IOException.class, () -> socket.getInputStream().read());
      // The end of the connection may overtake its reason.
      assertTrue(
          refused instanceof SSLException || refused instanceof SocketException,
          refused.toString());
    }
  }

  @Test
  void refusesARevokedServerWithTheReason() throws IOException {
    var revoked = CA.server();
    tls.swap(Materials.of(revoked, CA));
    var client = client(CA.crl().revoking(revoked.certificate()).build());

    var failure = assertThrows(StatusRuntimeException.class, () -> callAs(client));

    assertEquals(Optional.of(BasicReason.REVOKED), reason(failure));
    assertEquals(0, calls.get());
    tls.swap(Materials.of(CA.server(), CA));
    assertAnswered(client);
  }

  @Test
  void refusesEveryServerWhenTheListOfAClientHasRunOut() throws IOException {
    tls.swap(Materials.of(CA.server(), CA));
    var client = client(CA.crl().until(now.plusSeconds(60)).build());
    assertAnswered(client);

    now = now.plusSeconds(60).plus(GRACE).plusSeconds(2);

    var failure = assertThrows(StatusRuntimeException.class, () -> callAs(client));
    assertEquals(Optional.of(BasicReason.UNDETERMINED_REVOCATION_STATUS), reason(failure));
  }

  private Instant now() {
    return now;
  }

  private static Optional<Reason> reason(Throwable failure) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
        .filter(CertPathValidatorException.class::isInstance)
        .map(cause -> ((CertPathValidatorException) cause).getReason())
        .findFirst();
  }

  private void assertAnswered(TlsMaterial client) {
    assertArrayEquals(HELLO, callAs(client));
  }

  private void assertRefused(TlsMaterial client) {
    var before = calls.get();

    var refused = assertThrows(StatusRuntimeException.class, () -> callAs(client));

    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
    assertEquals(before, calls.get());
  }

  private byte[] callAs(TlsMaterial client) {
    var channel = ByteService.connect(server.getPort(), client);
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }

  private TlsMaterial server(List<TestCa> bundle, X509CRL... lists) throws IOException {
    return load(CA.serverFiles(directory, CA.server()), bundle, lists);
  }

  private TlsMaterial client(X509CRL... lists) throws IOException {
    return load(CA.clientFiles(directory, CA.client("payments")), List.of(CA), lists);
  }

  private TlsMaterial load(TlsFiles files, List<TestCa> bundle, X509CRL... lists)
      throws IOException {
    var ca = directory.resolve("ca.pem");
    MintedCertificate.writeCertificates(ca, bundle.stream().map(TestCa::certificate).toList());
    var crl = directory.resolve("crl.pem");
    TestCrl.write(crl, lists);
    return new TlsMaterialLoader(clock, GRACE).load(files.withRevocationLists(crl));
  }

  private SSLSocket connect(SSLContext client) throws IOException {
    var socket = (SSLSocket) client.getSocketFactory().createSocket("localhost", server.getPort());
    socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    return socket;
  }

  private static SSLContext jdkClient(MintedCertificate client) throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", CA.certificate());
    store.setKeyEntry(
        "client", client.key(), new char[0], new Certificate[] {client.certificate()});
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
