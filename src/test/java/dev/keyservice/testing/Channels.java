package dev.keyservice.testing;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Channels of stock grpc-java to a service, one for each caller. Deliberately not our own client.
public final class Channels implements AutoCloseable {
  private final Installation installation;
  private final int port;
  private final Map<String, ManagedChannel> byCaller = new HashMap<>();
  private final List<ManagedChannel> others = new ArrayList<>();
  private final Confided.Bringing confided = new Confided.Bringing();

  /// To the service on this port of loopback.
  public Channels(Installation installation, int port) {
    this.installation = installation;
    this.port = port;
  }

  /// The channel of a caller of the installation; the same one each time.
  public synchronized ManagedChannel of(String caller) {
    return byCaller.computeIfAbsent(caller, this::open);
  }

  /// A channel of its own.
  public synchronized ManagedChannel another(String caller) {
    var channel = open(caller);
    others.add(channel);
    return channel;
  }

  /// A channel of its own, over TLS and without a certificate.
  public synchronized ManagedChannel anonymous() {
    try {
      var tls =
          GrpcSslContexts.forClient().trustManager(installation.file("ca.pem").toFile()).build();
      var channel = open(tls);
      others.add(channel);
      return channel;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ManagedChannel open(String caller) {
    return open(tls(caller));
  }

  private ManagedChannel open(SslContext tls) {
    return NettyChannelBuilder.forAddress("localhost", port)
        .sslContext(tls)
        .intercept(confided)
        .build();
  }

  private SslContext tls(String caller) {
    try {
      return GrpcSslContexts.forClient()
          .trustManager(installation.file("ca.pem").toFile())
          .keyManager(
              installation.file(caller + ".pem").toFile(),
              installation.file(caller + "-key.pem").toFile())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    var all = new ArrayList<>(others);
    all.addAll(byCaller.values());
    all.forEach(ManagedChannel::shutdownNow);
    for (var channel : all) {
      try {
        channel.awaitTermination(5, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    confided.requireThatNoErrorHasIt();
  }
}
