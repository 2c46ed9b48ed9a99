package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import dev.keyservice.testing.TestLimits;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A port whose clients may come without a certificate, with files that change.
@Timeout(60)
class OptionalCertificatesTest {
  private static final TestCa CA = new TestCa();
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final TlsTimes TIMES = new TlsTimes(Duration.ZERO, Duration.ofMillis(100));

  @TempDir Path directory;

  private final ServerTls tls = new ServerTls();
  private final AcceptedChannels channels = new AcceptedChannels(TestLimits.settings());
  private final Connections connections = new Connections(tls, channels, Clock.systemUTC());
  private final ServerCertificates certificates =
      new ServerCertificates(tls, connections, Clock.systemUTC());
  private Server server;

  @BeforeEach
  void listen() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls.sslContext())
            .addTransportFilter(connections)
            .addService(ByteService.echo())
            .build()
            .start();
    TestCrl.write(directory.resolve("crl.pem"), CA.crl().number(1).build());
    certificates.load(files(), TIMES, ClientCertificates.OPTIONAL).run();
  }

  private TlsFiles files() throws IOException {
    return CA.serverFiles(directory, CA.server()).withRevocationLists(directory.resolve("crl.pem"));
  }

  @AfterEach
  void close() throws InterruptedException {
    certificates.close();
    connections.close();
    server.shutdownNow().awaitTermination();
  }

  @Test
  void answersAClientWithoutACertificateAndJudgesNothing() {
    assertArrayEquals(HELLO, callAs(Materials.anonymous(CA)));

    assertEquals(0, connections.count());
  }

  @Test
  void answersAClientThatItsAuthorityVouchesFor() {
    assertArrayEquals(HELLO, callAs(Materials.of(CA.client("payments"), CA)));
  }

  static Stream<Arguments> strangers() {
    return Stream.of(
        arguments("of another authority", Materials.of(new TestCa().client("payments"), CA)),
        arguments("with an expired certificate", Materials.of(CA.expiredClient("payments"), CA)),
        arguments("with a certificate for servers only", Materials.of(CA.server(), CA)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("strangers")
  void refusesAClient(String name, TlsMaterial client) {
    assertRefused(client);
  }

  @Test
  void keepsOnWithItWhenTheFilesAreReplaced() throws Exception {
    var victim = CA.client("payments");
    assertArrayEquals(HELLO, callAs(Materials.of(victim, CA)));

    TestCrl.write(
        directory.resolve("crl.pem"), CA.crl().number(2).revoking(victim.certificate()).build());
    while (certificates.status().orElseThrow().reloads() == 0) {
      TimeUnit.MILLISECONDS.sleep(20);
    }

    assertArrayEquals(HELLO, callAs(Materials.anonymous(CA)));
    assertArrayEquals(HELLO, callAs(Materials.of(CA.client("others"), CA)));
    assertRefused(Materials.of(victim, CA));
  }

  @Test
  void aConnectionWithoutACertificateOutlivesAChangeOfTheAuthorities() throws Exception {
    var next = new TestCa("next CA");
    var open = ByteService.connect(server.getPort(), Materials.anonymous(CA));
    try {
      assertArrayEquals(HELLO, ByteService.call(open, HELLO));

      tls.swap(Materials.of(next.server(), next), ClientCertificates.OPTIONAL);
      connections.rejudge();

      assertArrayEquals(HELLO, ByteService.call(open, HELLO));
      assertArrayEquals(HELLO, callAs(Materials.anonymous(next)));
    } finally {
      open.shutdownNow();
    }
  }

  @Test
  void refusesPlaintext() throws IOException {
    assertTrue(
        new PlaintextProbe(Duration.ofSeconds(10))
            .isRefusedBy(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort())));
  }

  private void assertRefused(TlsMaterial client) {
    var refused = assertThrows(StatusRuntimeException.class, () -> callAs(client));

    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
  }

  private byte[] callAs(TlsMaterial client) {
    var channel = ByteService.connect(server.getPort(), client);
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }
}
