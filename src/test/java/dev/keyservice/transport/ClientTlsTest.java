package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.testing.TestCa;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ClientTlsTest {
  private static final TestCa CA = new TestCa();
  private static final byte[] HELLO = "hello".getBytes(UTF_8);

  private final ClientTls tls = new ClientTls(Materials.of(CA.client("payments"), CA));
  private final ServerTls serverTls = new ServerTls();
  private Server server;

  @BeforeEach
  void listen() throws IOException {
    serverTls.swap(Materials.of(CA.server("keyservice", "keyservice.internal", "127.0.0.1"), CA));
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(serverTls.sslContext())
            .addService(ByteService.echo())
            .build()
            .start();
  }

  @AfterEach
  void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
  }

  @Test
  void believesAServerNamedByItsAddress() {
    assertArrayEquals(HELLO, call(channel()));
  }

  @Test
  void believesAServerByTheNameThatIsExpected() {
    assertArrayEquals(HELLO, call(channel().overrideAuthority("keyservice.internal")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"other.internal", "127.0.0.2", "keyservice"})
  void refusesAServerOfAnotherName(String expected) {
    refuses(channel().overrideAuthority(expected));
  }

  @Test
  void refusesAServerOfAnotherAuthority() {
    serverTls.swap(Materials.of(new TestCa().server("keyservice", "127.0.0.1"), CA));

    refuses(channel());
  }

  @Test
  void refusesAClientCertificateInPlaceOfAServers() {
    serverTls.swap(Materials.of(CA.client("payments"), CA));

    refuses(channel());
  }

  @Test
  void believesOnlyTheSystemsAuthoritiesWithoutItsOwn() {
    tls.swap(Materials.believingTheSystem(CA.client("payments")));

    refuses(channel());
  }

  @Test
  void usesNewMaterialForTheNextConnection() {
    var next = new TestCa("next CA");
    serverTls.swap(Materials.of(next.server("keyservice", "127.0.0.1"), next));
    refuses(channel());

    tls.swap(Materials.of(next.client("payments"), next));

    assertArrayEquals(HELLO, call(channel()));
  }

  private NettyChannelBuilder channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
        .sslContext(tls.sslContext());
  }

  private static void refuses(NettyChannelBuilder builder) {
    var refused = assertThrows(StatusRuntimeException.class, () -> call(builder));
    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
  }

  private static byte[] call(NettyChannelBuilder builder) {
    var channel = builder.build();
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }
}
