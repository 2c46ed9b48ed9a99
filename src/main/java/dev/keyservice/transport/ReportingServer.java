package dev.keyservice.transport;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A server that tells [RunningServer] how its start went.
final class ReportingServer extends Server {
  private final Server server;
  private final ListenAddress address;
  private final RunningServer running;

  ReportingServer(Server server, ListenAddress address, RunningServer running) {
    this.server = server;
    this.address = address;
    this.running = running;
  }

  @Override
  public Server start() throws IOException {
    try {
      var _ = server.start();
      running.listensAs(this);
      return this;
    } catch (IOException | RuntimeException e) {
      running.failedToListen(address, e);
      throw e;
    }
  }

  @Override
  public Server shutdown() {
    var _ = server.shutdown();
    return this;
  }

  @Override
  public Server shutdownNow() {
    var _ = server.shutdownNow();
    return this;
  }

  @Override
  public int getPort() {
    return server.getPort();
  }

  @Override
  public List<? extends SocketAddress> getListenSockets() {
    return server.getListenSockets();
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return server.getServices();
  }

  @Override
  public boolean isShutdown() {
    return server.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return server.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return server.awaitTermination(timeout, unit);
  }

  @Override
  public void awaitTermination() throws InterruptedException {
    server.awaitTermination();
  }
}
