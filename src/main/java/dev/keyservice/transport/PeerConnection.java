package dev.keyservice.transport;

import dev.keyservice.call.NoiseLimit;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.grpc.Attributes;
import io.grpc.Context;
import io.netty.channel.Channel;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// An open connection, and whether its certificate is still believed.
///
/// Once it is not, it never is again, whatever comes into force later: its streaming calls end, new
/// ones are refused for a moment, so that the client is told why, and then it is closed. A client
/// with a new certificate connects anew.
public final class PeerConnection {
  /// How long a refused connection stays open for calls to be told why.
  static final Duration LINGER = Duration.ofSeconds(1);

  /// How long it may then take to close in good order.
  static final Duration FAREWELL = Duration.ofSeconds(1);

  static final Attributes.Key<PeerConnection> KEY =
      Attributes.Key.create("keyservice-peer-connection");

  private static final Logger LOG = Logger.getLogger(PeerConnection.class);

  private final List<X509Certificate> presented;
  private final Channel channel;
  private final ServerTls tls;
  private final NoiseLimit noise;
  private final Set<Context.CancellableContext> streams = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Trust trust;
  private volatile @Nullable Vouched vouched;
  private volatile Failure.@Nullable Unauthenticated refusal;

  /// @param by the snapshot that believed the certificate last
  private record Trust(TlsMaterial by, Instant until) {}

  /// @param by the snapshot that the authorities belong to
  private record Vouched(TlsMaterial by, Vouchers.Found found) {
    boolean holds(ServerTls tls, Instant now) {
      return tls.isInForce(by) && !now.isAfter(found.until());
    }
  }

  /// @param noise of all connections together: a revoked CA may end thousands at once
  PeerConnection(
      List<X509Certificate> presented, Channel channel, ServerTls tls, NoiseLimit noise) {
    this.noise = noise;
    this.presented = List.copyOf(presented);
    this.channel = channel;
    this.tls = tls;
  }

  /// The connection of a call; null for one without a verified certificate.
  public static @Nullable PeerConnection of(Attributes connection) {
    return connection.get(KEY);
  }

  /// Returns when the certificate is believed by the material in force and nothing of its path has
  /// run out. That is looked up, not found out, unless the material is new to this connection.
  ///
  /// @throws Failure.Unauthenticated when it is not, or was not before
  public void requireTrusted(Instant now) {
    if (isTrusted(now)) {
      return;
    }
    if (!isRefused()) {
      judge(tls.current().orElseThrow(), now);
    }
    requireNotRefused();
  }

  /// Every authority that vouches for the certificate: those of all valid paths to the bundle in
  /// force. The same object as long as nothing has changed.
  public Set<X509Certificate> authorities(Instant now) {
    var known = vouched;
    if (known == null || !known.holds(tls, now)) {
      // Two may find them at the same time, and find the same.
      var material = tls.current().orElseThrow();
      known = new Vouched(material, material.trust().orElseThrow().vouchers(presented, now));
      vouched = known;
    }
    return known.found().authorities();
  }

  /// Returns unless the certificate is not believed any more: for a call that was authenticated
  /// some time ago, and only goes on now.
  ///
  /// @throws Failure.Unauthenticated when it was refused meanwhile
  public void requireNotRefused() {
    var refused = refusal;
    if (refused != null) {
      throw refused;
    }
  }

  /// Ends a call that was begun here when the certificate is not believed any more. A refusal ends
  /// it without this; what arrives for the call at the same moment could overtake that.
  public void endIfRefused(Context.CancellableContext stream) {
    var refused = refusal;
    if (refused != null) {
      var _ = stream.cancel(refused);
    }
  }

  /// The context for a call that lasts: cancelled with a [Failure.Unauthenticated] when the
  /// certificate is not believed any more. Whoever begins a call ends it.
  public Context.CancellableContext begin(Context call) {
    var stream = call.withCancellation();
    streams.add(stream);
    // The other way round a refusal could come between the two and miss this call.
    endIfRefused(stream);
    return stream;
  }

  /// The end of a call that was begun here.
  public void end(Context.CancellableContext stream) {
    streams.remove(stream);
    var _ = stream.cancel(null);
  }

  /// How many calls are begun and not ended.
  int streams() {
    return streams.size();
  }

  List<X509Certificate> presented() {
    return presented;
  }

  boolean isRefused() {
    return refusal != null;
  }

  /// Whether the material in force has judged this connection and still believes it.
  boolean isTrusted(Instant now) {
    var known = trust;
    return known != null && tls.isInForce(known.by) && !now.isAfter(known.until);
  }

  void judge(TlsMaterial material, Instant now) {
    apply(material, verdict(material, now));
  }

  /// What the material makes of the certificate. Fails closed: what cannot be judged is refused.
  Verdict verdict(TlsMaterial material, Instant now) {
    try {
      return material.trust().orElseThrow().judge(presented, now);
    } catch (RuntimeException e) {
      LOG.error("a client certificate could not be judged", e);
      return new Verdict.Refused("the client certificate could not be judged");
    }
  }

  /// Two may judge at the same time; a refusal stays, whichever comes last.
  synchronized void apply(TlsMaterial material, Verdict verdict) {
    if (isRefused()) {
      return;
    }
    switch (verdict) {
      case Verdict.Trusted trusted -> trust = new Trust(material, trusted.until());
      case Verdict.Refused refused -> refuse(refused.why());
    }
  }

  private void refuse(String why) {
    var failure = new Failure.Unauthenticated(Reason.CERTIFICATE_REFUSED, why);
    refusal = failure;
    trust = null;
    noise
        .admit("refused", System.nanoTime())
        .ifPresent(suppressed ->
            LOG.infof(
                "closing a connection: %s, peer=%s, suppressed=%d",
                why, channel.remoteAddress(), suppressed));
    // On its event loop, where everything else of its calls happens, so that they need no locks.
    channel.eventLoop().execute(() -> refuseCalls(failure));
  }

  private void refuseCalls(Failure.Unauthenticated failure) {
    for (var stream : streams) {
      var _ = stream.cancel(failure);
    }
    var loop = channel.eventLoop();
    var _ = loop.schedule(this::close, LINGER.toMillis(), TimeUnit.MILLISECONDS);
    var _ =
        loop.schedule(this::closeByForce, LINGER.plus(FAREWELL).toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Says GOAWAY and waits for the calls in progress.
  private void close() {
    var _ = channel.close();
  }

  /// From the head of the pipeline, past grpc-java, which would wait: the watch of a health check,
  /// which stands below all stages, never ends.
  private void closeByForce() {
    if (channel.isOpen()) {
      var _ = channel.pipeline().firstContext().close();
    }
  }
}
