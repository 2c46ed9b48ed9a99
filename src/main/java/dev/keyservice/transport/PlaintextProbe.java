package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Speaks HTTP/2 without TLS to a port, to prove that it is not understood.
///
/// A server that was configured wrongly would serve keys in the clear without any other sign.
public final class PlaintextProbe {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  private static final int TLS_ALERT = 0x15;
  private static final int END = -1;

  private final Duration patience;

  /// @param patience how long to wait for the port to end the connection
  public PlaintextProbe(Duration patience) {
    this.patience = patience;
  }

  /// Ends the start unless the port refuses to be spoken to without TLS.
  ///
  /// @param setting the setting that named the address
  /// @param listening where the server listens; of all local addresses, loopback is tried
  /// @throws SettingRefused when the port answers, is silent, or cannot be reached to find out
  public void requireRefusal(String setting, InetSocketAddress listening) {
    try {
      if (!isRefusedBy(reachable(listening))) {
        throw new SettingRefused(
            setting, "the port answers without TLS; this build is not safe to run");
      }
    } catch (SocketTimeoutException e) {
      throw new SettingRefused(
          setting,
          "the port says nothing for "
              + patience.toSeconds()
              + " s, so that nobody can tell whether it would answer without TLS; the machine may"
              + " be too slow or short of memory");
    } catch (IOException e) {
      throw new SettingRefused(
          setting, "the port cannot be reached from this machine: " + e.getMessage());
    }
  }

  private static InetSocketAddress reachable(InetSocketAddress listening) {
    return listening.getAddress().isAnyLocalAddress()
        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.getPort())
        : listening;
  }

  /// Whether the port ended the connection without an answer, or with a TLS alert.
  ///
  /// @throws SocketTimeoutException when it is silent, which proves nothing
  /// @throws IOException when nothing listens there
  boolean isRefusedBy(InetSocketAddress address) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(address, Math.toIntExact(patience.toMillis()));
      socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
      return refuses(socket);
    }
  }

  private static boolean refuses(Socket socket) throws SocketTimeoutException {
    try {
      var hello = ByteBuffer.allocate(PREFACE.length + EMPTY_SETTINGS.length);
      socket.getOutputStream().write(hello.put(PREFACE).put(EMPTY_SETTINGS).array());
      var answer = socket.getInputStream().read();
      return answer == END || answer == TLS_ALERT;
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // A reset is an end, too.
      return true;
    }
  }
}
