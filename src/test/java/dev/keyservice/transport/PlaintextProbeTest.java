package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PlaintextProbeTest {
  private final PlaintextProbe probe = new PlaintextProbe(Duration.ofMillis(500));

  @Test
  void isUnderstoodByAPlaintextServer() throws IOException {
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build();
    server.start();
    try {
      assertFalse(
          probe.isRefusedBy(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort())));
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void endsTheStartOfAPlaintextServerByTheSetting() throws IOException {
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(ByteService.echo())
            .build()
            .start();
    var everywhere = new InetSocketAddress(server.getPort());
    try {
      var refused =
          assertThrows(
              SettingRefused.class, () -> probe.requireRefusal("KEYSERVICE_LISTEN", everywhere));

      assertEquals("KEYSERVICE_LISTEN", refused.setting());
      assertTrue(refused.getMessage().contains("answers without TLS"), refused.getMessage());
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void letsOurServerStart() throws IOException {
    try (var server = new OurServer(ByteService.echo())) {
      var port = server.running.port();

      assertDoesNotThrow(() -> {
        probe.requireRefusal(
            "KEYSERVICE_LISTEN", new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        probe.requireRefusal("KEYSERVICE_LISTEN", new InetSocketAddress(port));
      });
    }
  }

  @Test
  void endsTheStartWhenThePortCannotBeReached() throws IOException {
    InetSocketAddress closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = (InetSocketAddress) socket.getLocalSocketAddress();
    }

    var refused =
        assertThrows(SettingRefused.class, () -> probe.requireRefusal("KEYSERVICE_LISTEN", closed));

    assertEquals("KEYSERVICE_LISTEN", refused.setting());
  }

  @Test
  void endsTheStartWhenThePortIsSilentAndSaysThatThisProvesNothing() throws IOException {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = (InetSocketAddress) silent.getLocalSocketAddress();

      var refused =
          assertThrows(
              SettingRefused.class, () -> probe.requireRefusal("KEYSERVICE_LISTEN", address));

      assertEquals("KEYSERVICE_LISTEN", refused.setting());
      assertTrue(refused.getMessage().contains("the port says nothing"), refused.getMessage());
    }
  }

  @Test
  void saysWhenNothingListens() throws IOException {
    InetSocketAddress closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = (InetSocketAddress) socket.getLocalSocketAddress();
    }

    var _ = assertThrows(IOException.class, () -> probe.isRefusedBy(closed));
  }
}
