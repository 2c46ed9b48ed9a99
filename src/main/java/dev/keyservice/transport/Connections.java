package dev.keyservice.transport;

import dev.keyservice.call.NoiseLimit;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jboss.logging.Logger;

/// The open connections, judged again whenever that may come out differently: when new material is
/// in force, and when something of a certificate's path has run out.
///
/// TLS looks at a certificate once, at the handshake, and a connection may last much longer.
@Singleton
public final class Connections extends ServerTransportFilter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Connections.class);

  /// Dates are compared this often, not waited for: a clock may jump.
  private static final Duration TICK = Duration.ofMillis(500);

  private final ServerTls tls;
  private final NoiseLimit noise = new NoiseLimit();
  private final AcceptedChannels channels;
  private final Clock clock;
  private final Set<PeerConnection> open = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyservice-connections").factory());

  @Inject
  Connections(ServerTls tls, AcceptedChannels channels, Clock clock) {
    this.tls = tls;
    this.channels = channels;
    this.clock = clock;
  }

  @PostConstruct
  void watchDates() {
    var _ =
        ticker.scheduleWithFixedDelay(
            this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Nothing is judged by date any more.
  @Override
  @PreDestroy
  public void close() {
    var _ = ticker.shutdownNow();
  }

  /// Makes the connection known to its calls as a [PeerConnection]. Where there is no verified
  /// certificate there is none, and its calls have no caller.
  ///
  /// It is judged here, too: the material may have been replaced during the handshake.
  @Override
  public Attributes transportReady(Attributes connection) {
    var presented = presented(connection);
    var channel = channels.ready(connection);
    if (presented.isEmpty() || channel.isEmpty()) {
      return connection;
    }
    var peer = new PeerConnection(presented, channel.get(), tls, noise);
    open.add(peer);
    channel.get().closeFuture().addListener(_ -> open.remove(peer));
    tls.current().ifPresent(material -> peer.judge(material, clock.instant()));
    return connection.toBuilder().set(PeerConnection.KEY, peer).build();
  }

  /// As in the handshake: the certificate and what was sent along.
  private static List<X509Certificate> presented(Attributes connection) {
    var session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return List.of();
    }
    try {
      return Arrays.stream(session.getPeerCertificates()).map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException | RuntimeException e) {
      LOG.debug("a connection without a verified certificate", e);
      return List.of();
    }
  }

  /// Judges every open connection by the material in force. To be called once it has been replaced;
  /// when this returns, the calls of refused connections are on their way out.
  public void rejudge() {
    tls.current().ifPresent(material -> rejudge(material, clock.instant()));
  }

  /// One connection costs a path validation, most of it signatures, unless its verdict still
  /// stands; clients often have several with one certificate.
  private void rejudge(TlsMaterial material, Instant now) {
    var verdicts = new HashMap<List<X509Certificate>, Verdict>();
    for (var peer : open) {
      if (!peer.isTrusted(now) && !peer.isRefused()) {
        var verdict = verdicts.computeIfAbsent(peer.presented(), _ -> peer.verdict(material, now));
        peer.apply(material, verdict);
      }
    }
  }

  /// Must not throw anything at all, or there would be no other.
  private void tick() {
    try {
      rejudge();
    } catch (RuntimeException | Error e) {
      LOG.error("open connections could not be judged", e);
    }
  }

  /// How many there are.
  public int count() {
    return open.size();
  }

  /// How many streaming calls run on them.
  public int streams() {
    return open.stream().mapToInt(PeerConnection::streams).sum();
  }
}
