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
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;

/// Whom one snapshot of material believes: at the handshake by the JDK's trust manager, and again
/// for connections that are open when it comes into force, by the same path validation (RFC 5280
/// §6).
final class PeerTrust {
  private final Set<TrustAnchor> anchors;
  private final RevocationLists revocations;

  PeerTrust(List<X509Certificate> anchors, RevocationLists revocations) {
    this.anchors =
        anchors.stream().map(ca -> new TrustAnchor(ca, null)).collect(Collectors.toSet());
    this.revocations = revocations;
  }

  /// For the handshakes of a context.
  TrustManagerFactory managers() {
    try {
      var managers = TrustManagerFactory.getInstance("PKIX");
      managers.init(new CertPathTrustManagerParameters(parameters(new X509CertSelector())));
      return managers;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK validates certificate paths", e);
    }
  }

  /// Judges the certificate of a connection.
  ///
  /// @param presented the other side's certificate and what it sent along, as in its handshake
  Verdict judge(List<X509Certificate> presented, Instant now) {
    var leaf = presented.getFirst();
    if (now.isAfter(leaf.getNotAfter().toInstant())) {
      return new Verdict.Refused("the certificate has expired");
    }
    if (revocations.revokes(leaf)) {
      return new Verdict.Refused("the certificate has been revoked");
    }
    try {
      return verdict(path(presented, now), now);
    } catch (CertPathBuilderException e) {
      return new Verdict.Refused("the certificate's authority is not trusted any more");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK builds certificate paths", e);
    }
  }

  private PKIXCertPathBuilderResult path(List<X509Certificate> presented, Instant now)
      throws GeneralSecurityException {
    var leaf = new X509CertSelector();
    leaf.setCertificate(presented.getFirst());
    var parameters = parameters(leaf);
    parameters.setDate(Date.from(now));
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(presented)));
    return (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
  }

  /// Path validation does not look at the dates of an anchor; this does.
  private Verdict verdict(PKIXCertPathBuilderResult found, Instant now) {
    var until = end(found.getTrustAnchor().getTrustedCert());
    var then = "the certificate's authority has expired";
    for (var certificate : certificates(found.getCertPath())) {
      var end = end(certificate);
      if (end.isBefore(until)) {
        until = end;
        then = "the certificate has expired";
      }
      var listEnd = revocations.end(certificate);
      if (listEnd.isPresent() && listEnd.get().isBefore(until)) {
        until = listEnd.get();
        then = "the revocation list of the certificate's authority has run out";
      }
    }
    return now.isAfter(until) ? new Verdict.Refused(then) : new Verdict.Trusted(until, then);
  }

  private static List<X509Certificate> certificates(CertPath path) {
    return path.getCertificates().stream().map(X509Certificate.class::cast).toList();
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }

  private PKIXBuilderParameters parameters(X509CertSelector target) {
    try {
      var parameters = new PKIXBuilderParameters(anchors, target);
      // Not the JDK's revocation: it fails at nextUpdate, and would ask servers for lists.
      parameters.setRevocationEnabled(false);
      revocations.checker().ifPresent(parameters::addCertPathChecker);
      return parameters;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("there is an anchor", e);
    }
  }
}
