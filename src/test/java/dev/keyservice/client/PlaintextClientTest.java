package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A client whose settings turn TLS off.
class PlaintextClientTest {
  @Test
  void speaksToAServiceWithoutTls() {
    try (var service = StandInService.inPlaintext();
        var client = open(service.port())) {
      assertEquals(ServingStatus.SERVING, client.check());
      assertEquals(
          "insecure:local",
          client.access().whoAmI(WhoAmIRequest.getDefaultInstance()).getCallerId());
      assertEquals(Optional.empty(), client.serverCertificate());
    }
  }

  @Test
  void hasNoMaterialToTellOf() {
    try (var client = open(1)) {
      var refused = assertThrows(IllegalStateException.class, client::tls);

      assertEquals("this client was opened without TLS", refused.getMessage());
    }
  }

  @Test
  void saysThatTheServerSpeaksTls(@TempDir Path directory) {
    var authority = TestAuthority.in(directory);
    try (var service = StandInService.start(authority.ca(), authority.server("localhost"));
        var client = open(service.port())) {
      assertUnreachable(
          "the server at 127.0.0.1:"
              + service.port()
              + " does not speak gRPC without TLS; check KEYSERVICE_TLS_ENABLED and"
              + " KEYSERVICE_ADDRESS",
          client);
    }
  }

  @Test
  void saysThatNothingListens() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (var client = open(port)) {
      assertUnreachable(
          "nothing listens at 127.0.0.1:"
              + port
              + "; is the server running? Check KEYSERVICE_ADDRESS",
          client);
    }
  }

  @Test
  void saysThatTheServerIsSilent() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client = open(silent.getLocalPort())) {
      assertUnreachable(
          "the server at 127.0.0.1:"
              + silent.getLocalPort()
              + " accepts the connection, but does not answer within 5 s; check"
              + " KEYSERVICE_ADDRESS",
          client);
    }
  }

  private static void assertUnreachable(String message, KeyServiceClient client) {
    assertEquals(message, assertThrows(ServerUnreachable.class, client::check).getMessage());
  }

  private static KeyServiceClient open(int port) {
    return KeyServiceClient.open(ClientSettings.inPlaintext("127.0.0.1", port));
  }
}
