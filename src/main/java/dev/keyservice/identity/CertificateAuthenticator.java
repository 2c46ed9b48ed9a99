package dev.keyservice.identity;

import dev.keyservice.call.NoiseLimit;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.PeerConnection;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerTransportFilter;
import jakarta.inject.Singleton;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Authenticates a call by the certificate of its connection.
///
/// The certificate is read once, when the connection is ready, and its outcome kept in the
/// connection's attributes: parsing it on every call costs a hundred times as much as looking it
/// up. Whether it is still believed is for [PeerConnection] to say, for every call.
@Singleton
public final class CertificateAuthenticator extends ServerTransportFilter {
  private static final Logger LOG = Logger.getLogger(CertificateAuthenticator.class);
  private static final Attributes.Key<Peer> PEER = Attributes.Key.create("keyservice-peer");
  private static final Attributes.Key<VouchedCaller> VOUCHED =
      Attributes.Key.create("keyservice-vouched-caller");

  private final Clock clock;
  private final VouchingInForce vouching;
  private final NoiseLimit faults = new NoiseLimit();

  CertificateAuthenticator(Clock clock, VouchingInForce vouching) {
    this.clock = clock;
    this.vouching = vouching;
  }

  /// What the connection proved: exactly one of the two.
  private record Peer(@Nullable Caller caller, Failure.@Nullable Unauthenticated refusal) {}

  @Override
  public Attributes transportReady(Attributes connection) {
    return connection.toBuilder()
        .set(PEER, peer(connection))
        .set(VOUCHED, new VouchedCaller())
        .build();
  }

  private Peer peer(Attributes connection) {
    try {
      return new Peer(CertificateIdentity.of(verifiedLeaf(connection)), null);
    } catch (Failure.Unauthenticated refusal) {
      return new Peer(null, refusal);
    } catch (RuntimeException e) {
      // Fail closed: thrown here, it would be an accident of the transport instead of an answer.
      faults
          .admit("fault", System.nanoTime())
          .ifPresent(suppressed ->
              LOG.errorf(e, "a certificate could not be read, suppressed=%d", suppressed));
      return new Peer(
          null,
          new Failure.Unauthenticated(
              Reason.AUTHENTICATION_FAILED, "the caller could not be identified"));
    }
  }

  /// Where every client must have a certificate, TLS has refused a connection without a verified
  /// chain before; this does not rely on it.
  private static X509Certificate verifiedLeaf(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      throw certificateRequired();
    }
    try {
      if (session.getPeerCertificates()[0] instanceof X509Certificate leaf) {
        return leaf;
      }
      throw certificateRequired();
    } catch (SSLPeerUnverifiedException e) {
      throw certificateRequired();
    }
  }

  /// The caller, from the certificate that the connection proved.
  ///
  /// @throws Failure.Unauthenticated when there is none, or it is not believed any more
  Caller authenticate(Attributes connection, Metadata headers) {
    var peer = connection.get(PEER);
    if (peer == null) {
      throw certificateRequired();
    }
    if (peer.caller() == null) {
      throw peer.refusal() != null ? peer.refusal() : certificateRequired();
    }
    var open = PeerConnection.of(connection);
    if (open == null) {
      throw certificateRequired();
    }
    var now = clock.instant();
    open.requireTrusted(now);
    requireVouched(peer.caller(), open, connection, now);
    return peer.caller();
  }

  private void requireVouched(
      Caller caller, PeerConnection open, Attributes connection, Instant now) {
    var inForce = vouching.current();
    if (!inForce.isRestricted()) {
      return;
    }
    var known = connection.get(VOUCHED);
    if (known == null || !known.allows(caller, inForce, open.authorities(now))) {
      throw new Failure.Unauthenticated(
          Reason.CERTIFICATE_REFUSED,
          "the certificate's authority may not vouch for this identity");
    }
  }

  private static Failure.Unauthenticated certificateRequired() {
    return new Failure.Unauthenticated(
        Reason.CERTIFICATE_REQUIRED, "a verified client certificate is required");
  }
}
