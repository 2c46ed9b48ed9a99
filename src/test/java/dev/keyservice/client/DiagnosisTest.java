package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.FreePort;
import dev.keyservice.transport.TlsFiles;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is not about anybody's certificate, but that one is missing; [TrustDiagnosisTest] has the
/// rest.
class DiagnosisTest {
  private static final Duration FAST = Duration.ofSeconds(4);

  @TempDir Path directory;

  private TestAuthority authority;

  @BeforeEach
  void foundAuthorities() {
    authority = TestAuthority.in(directory.resolve("ours"));
  }

  @Test
  void saysNothingWhenBothSidesTrustEachOther() {
    try (var service = StandInService.start(authority.ca(), authority.server("localhost"));
        var client = KeyServiceClient.open(settings("localhost", service.port()))) {
      assertEquals(ServingStatus.SERVING, client.check());
    }
  }

  @Test
  void saysThatNothingListens() throws IOException {
    int port = FreePort.find();

    assertSays(
        "nothing listens at localhost:"
            + port
            + "; is the server running? Check KEYSERVICE_ADDRESS",
        settings("localhost", port));
  }

  @Test
  void saysThatTheHostIsUnknown() {
    assertSays(
        "there is no host 'no-such-host.invalid'; check KEYSERVICE_ADDRESS",
        settings("no-such-host.invalid", 8443));
  }

  @RepeatedTest(10)
  void saysThatTheServerAsksForACertificate() {
    try (var service = StandInService.start(authority.ca(), authority.server("localhost"))) {
      assertSays(
          "the server asks for a client certificate; set KEYSERVICE_TLS_CERT_FILE and"
              + " KEYSERVICE_TLS_KEY_FILE",
          settings("localhost", service.port(), authority.ca(), null, null));
    }
  }

  @Test
  void saysThatAGrpcServerSpeaksNoTls() {
    try (var service = StandInService.inPlaintext()) {
      assertSays(
          "the server at 127.0.0.1:" + service.port() + " speaks no TLS; check KEYSERVICE_ADDRESS",
          settings("127.0.0.1", service.port()));
    }
  }

  @Test
  void saysThatAWebServerSpeaksNoTls() throws IOException {
    try (var server =
        new OneLineServer(socket -> {
          read(socket);
          write(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
        })) {
      assertSays(
          "the server at 127.0.0.1:" + server.port() + " speaks no TLS; check KEYSERVICE_ADDRESS",
          settings("127.0.0.1", server.port()));
    }
  }

  @Test
  void saysThatAServerClosedWithoutAWord() throws IOException {
    try (var server = new OneLineServer(DiagnosisTest::read)) {
      assertSays(
          "the server at 127.0.0.1:"
              + server.port()
              + " closed the connection during the TLS handshake; check KEYSERVICE_ADDRESS",
          settings("127.0.0.1", server.port()));
    }
  }

  @Test
  void saysThatTheServerDoesNotAnswer() throws IOException {
    try (var server = new OneLineServer(DiagnosisTest::sleep)) {
      assertSays(
          "the server at 127.0.0.1:"
              + server.port()
              + " accepts the connection, but does not answer within 5 s; check KEYSERVICE_ADDRESS",
          settings("127.0.0.1", server.port()),
          Duration.ofSeconds(7));
    }
  }

  @Test
  void saysThatTheServerSpeaksAnOlderTls() throws Exception {
    try (var server = new OneLineServer(tlsServer("TLSv1.2"), DiagnosisTest::read)) {
      assertSays(
          "the server at localhost:" + server.port() + " does not speak TLS 1.3",
          settings("localhost", server.port()));
    }
  }

  @Test
  void saysThatTheServerSpeaksTlsButNotGrpc() throws Exception {
    try (var server = new OneLineServer(tlsServer("TLSv1.3"), DiagnosisTest::read)) {
      assertSays(
          "the server at localhost:"
              + server.port()
              + " speaks TLS, but not gRPC; check KEYSERVICE_ADDRESS",
          settings("localhost", server.port()));
    }
  }

  private ClientSettings settings(String host, int port) {
    return settings(host, port, authority.ca(), authority.client("alice"), null);
  }

  private static ClientSettings settings(
      String host,
      int port,
      @Nullable Path ca,
      TestAuthority.@Nullable Pair client,
      @Nullable String serverName) {
    var files =
        client == null
            ? TlsFiles.ofClient(ca, null, null)
            : TlsFiles.ofClient(ca, client.certificate(), client.key());
    return new ClientSettings(host, port, files, serverName);
  }

  private static void assertSays(String expected, ClientSettings settings) {
    assertSays(expected, settings, FAST);
  }

  private static void assertSays(String expected, ClientSettings settings, Duration limit) {
    assertEquals(expected, sentence(settings, limit));
  }

  private static String sentence(ClientSettings settings, Duration limit) {
    try (var client = KeyServiceClient.open(settings)) {
      var began = System.nanoTime();
      var failure = assertThrows(ServerUnreachable.class, client::check);
      var took = Duration.ofNanos(System.nanoTime() - began);
      assertTrue(took.compareTo(limit) < 0, () -> "took " + took);
      return failure.getMessage();
    }
  }

  private SSLServerSocket tlsServer(String protocol) throws GeneralSecurityException, IOException {
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(TestKeyStore.of(authority.server("localhost")), new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    var socket =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
    socket.setEnabledProtocols(new String[] {protocol});
    return socket;
  }

  private static void read(Socket socket) {
    try {
      var _ = socket.getInputStream().read(new byte[4096]);
    } catch (IOException e) {
      // The client went away, which is what the test is about.
    }
  }

  private static void write(Socket socket, String text) {
    try {
      socket.getOutputStream().write(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void sleep(Socket socket) {
    try {
      Thread.sleep(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Does one thing with every connection and closes it.
  private static final class OneLineServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Thread thread;

    OneLineServer(Consumer<Socket> behaviour) throws IOException {
      this(new ServerSocket(0, 5, InetAddress.getLoopbackAddress()), behaviour);
    }

    OneLineServer(ServerSocket socket, Consumer<Socket> behaviour) {
      this.socket = socket;
      this.thread = Thread.ofVirtual().start(() -> serve(behaviour));
    }

    int port() {
      return socket.getLocalPort();
    }

    private void serve(Consumer<Socket> behaviour) {
      while (!socket.isClosed()) {
        try (var connection = socket.accept()) {
          behaviour.accept(connection);
        } catch (IOException e) {
          // The test is over, or the client broke off.
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
      thread.interrupt();
    }
  }
}
