package dev.keyservice.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Spreads connections over services by their readiness, as a Service of Kubernetes does: it knows
/// nothing of TLS or calls, hears late of one that is not ready any more, and does not try another
/// when one does not take a connection.
public final class Balancer implements AutoCloseable {
  private static final int PROBE_MILLIS = 200;

  private final ServerSocket listening;
  private final List<ServiceProcess> ready = new CopyOnWriteArrayList<>();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger next = new AtomicInteger();
  private volatile boolean closed;

  /// On any free port of loopback.
  public Balancer() {
    try {
      listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
    Thread.ofPlatform().daemon().start(this::probe);
  }

  public int port() {
    return listening.getLocalPort();
  }

  /// Takes a service that says that it is ready.
  public void add(ServiceProcess service) {
    ready.add(service);
  }

  private void probe() {
    while (!closed) {
      ready.removeIf(service -> !isReady(service));
      try {
        TimeUnit.MILLISECONDS.sleep(PROBE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static boolean isReady(ServiceProcess service) {
    try {
      return Management.of(service).readiness().statusCode() == 200;
    } catch (Exception e) { // of any kind: rest-assured does not declare them
      return false;
    }
  }

  private void accept() {
    while (!closed) {
      try {
        var client = listening.accept();
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    sockets.add(client);
    var turn = List.copyOf(ready);
    try (client) {
      if (turn.isEmpty()) {
        return;
      }
      var service = turn.get(Math.floorMod(next.getAndIncrement(), turn.size()));
      try (var server = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
        sockets.add(server);
        var answers = Thread.ofVirtual().start(() -> copy(server, client));
        copy(client, server);
        answers.join();
        sockets.remove(server);
      }
    } catch (IOException e) {
      // Not taken: the client sees its connection closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(client);
    }
  }

  /// Until either side is closed, and tells the other.
  private static void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
      to.shutdownOutput();
    } catch (IOException e) {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // closed already
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sockets.forEach(Balancer::closeQuietly);
  }
}
