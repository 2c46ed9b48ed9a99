package dev.keyservice.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Passes connections on to a port of this machine, and breaks them.
final class Relay implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final Queue<Socket> silent = new ConcurrentLinkedQueue<>();

  private Relay(int target) throws IOException {
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
  }

  static Relay to(int target) {
    try {
      var relay = new Relay(target);
      var _ = Thread.ofVirtual().start(relay::accept);
      return relay;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        var near = listener.accept();
        sockets.add(near);
        connect(near);
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void connect(Socket near) throws IOException {
    try {
      var far = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(far);
      var _ = Thread.ofVirtual().start(() -> pass(near, far));
      var _ = Thread.ofVirtual().start(() -> pass(far, near));
    } catch (IOException e) {
      near.close();
    }
  }

  private void pass(Socket from, Socket to) {
    var bytes = new byte[8192];
    try (from;
        to) {
      for (var count = 0; count >= 0; count = from.getInputStream().read(bytes)) {
        if (!silent.contains(to)) {
          to.getOutputStream().write(bytes, 0, count);
        }
      }
    } catch (IOException e) {
      // Cut.
    }
  }

  /// Breaks every connection: no side hears a word of farewell.
  void cut() {
    for (var socket = sockets.poll(); socket != null; socket = sockets.poll()) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException e) {
        // It is closed already.
      }
    }
  }

  /// Keeps the connections that there are, and passes nothing more on.
  void silence() {
    silent.addAll(sockets);
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }
}
