package dev.keyservice.transport;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;

/// Whom one snapshot of material believes: at the handshake by the JDK's trust manager, and again
/// for connections that are open when it comes into force, by the same path validation (RFC 5280
/// §6).
final class PeerTrust {
  private static final String EXPIRED = "the client certificate has expired";
  private static final String REVOKED = "the client certificate has been revoked";
  private static final String LIST_OVER =
      "the revocation list for the client certificate has run out";
  private static final String UNTRUSTED =
      "the client certificate's authority is not trusted any more";

  private final List<X509Certificate> anchors;
  private final RevocationLists revocations;

  /// @param anchors at least one
  PeerTrust(List<X509Certificate> anchors, RevocationLists revocations) {
    this.anchors = List.copyOf(anchors);
    this.revocations = revocations;
  }

  /// For the handshakes of a context.
  TrustManagerFactory managers() {
    try {
      var managers = TrustManagerFactory.getInstance("PKIX");
      managers.init(
          new CertPathTrustManagerParameters(parameters(anchors, new X509CertSelector())));
      return managers;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK validates certificate paths", e);
    }
  }

  /// Judges the certificate of an open connection to a client.
  ///
  /// @param presented the client's certificate and what it sent along, as in its handshake
  Verdict judge(List<X509Certificate> presented, Instant now) {
    var leaf = presented.getFirst();
    if (now.isAfter(end(leaf))) {
      return new Verdict.Refused(EXPIRED);
    }
    if (revocations.revokes(leaf)) {
      return new Verdict.Refused(REVOKED);
    }
    if (revocations.end(leaf).filter(now::isAfter).isPresent()) {
      return new Verdict.Refused(LIST_OVER);
    }
    var current = current(now);
    if (current.isEmpty()) {
      return new Verdict.Refused(UNTRUSTED);
    }
    try {
      return verdict(path(current, presented, now));
    } catch (CertPathBuilderException e) {
      return new Verdict.Refused(UNTRUSTED);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK builds certificate paths", e);
    }
  }

  /// Every authority that vouches for the certificate of an open connection.
  Vouchers.Found vouchers(List<X509Certificate> presented, Instant now) {
    return Vouchers.of(current(now), revocations, presented, now);
  }

  /// Path validation does not look at the dates of an anchor.
  private List<X509Certificate> current(Instant now) {
    return anchors.stream().filter(anchor -> !now.isAfter(end(anchor))).toList();
  }

  private PKIXCertPathBuilderResult path(
      List<X509Certificate> current, List<X509Certificate> presented, Instant now)
      throws GeneralSecurityException {
    var leaf = new X509CertSelector();
    leaf.setCertificate(presented.getFirst());
    var parameters = parameters(current, leaf);
    parameters.setDate(Date.from(now));
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(presented)));
    return (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
  }

  /// Another path may be found when this one has run out.
  private Verdict.Trusted verdict(PKIXCertPathBuilderResult found) {
    var until = end(found.getTrustAnchor().getTrustedCert());
    for (var certificate : certificates(found.getCertPath())) {
      until = earlier(until, end(certificate));
      until = earlier(until, revocations.end(certificate).orElse(until));
    }
    return new Verdict.Trusted(until);
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static List<X509Certificate> certificates(CertPath path) {
    return path.getCertificates().stream().map(X509Certificate.class::cast).toList();
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }

  private PKIXBuilderParameters parameters(
      List<X509Certificate> authorities, X509CertSelector target) {
    try {
      var trusted =
          authorities.stream().map(ca -> new TrustAnchor(ca, null)).collect(Collectors.toSet());
      var parameters = new PKIXBuilderParameters(trusted, target);
      // Not the JDK's revocation: it fails at nextUpdate, and would ask servers for lists.
      parameters.setRevocationEnabled(false);
      // As long as the handshake takes; by default a path is built over five CAs at most, and a
      // client with more would be let in and then refused.
      parameters.setMaxPathLength(-1);
      revocations.checker().ifPresent(parameters::addCertPathChecker);
      return parameters;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("there is an anchor", e);
    }
  }
}
