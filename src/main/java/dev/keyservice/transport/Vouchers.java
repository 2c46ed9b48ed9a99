package dev.keyservice.transport;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Finds every authority that vouches for a certificate: those of all paths that are valid, not
/// only of the one that is found first.
///
/// Which one that is, is chance where an authority is signed by several, or is in the bundle
/// together with its own issuer: a caller must not be refused because of it. And an authority that
/// is merely sent along is on no path.
///
/// What the peer sends cannot make many paths: each of its certificates has one issuer's key, and a
/// path has each key once.
final class Vouchers {
  private final List<X509Certificate> anchors;
  private final RevocationLists revocations;
  private final List<X509Certificate> pool;
  private final Instant now;
  private final Set<X509Certificate> found = new LinkedHashSet<>();
  private Instant until = Instant.MAX;

  /// The authorities that vouch for one certificate.
  ///
  /// @param until when one of them may not do so any more
  record Found(Set<X509Certificate> authorities, Instant until) {
    Found {
      authorities = Set.copyOf(authorities);
    }
  }

  private Vouchers(
      List<X509Certificate> anchors,
      RevocationLists revocations,
      List<X509Certificate> presented,
      Instant now) {
    this.anchors = anchors;
    this.revocations = revocations;
    this.now = now;
    this.pool = Stream.concat(anchors.stream(), presented.stream().skip(1)).distinct().toList();
  }

  /// @param anchors those that have not expired
  /// @param presented the certificate and what was sent along
  static Found of(
      List<X509Certificate> anchors,
      RevocationLists revocations,
      List<X509Certificate> presented,
      Instant now) {
    var search = new Vouchers(anchors, revocations, presented, now);
    search.climb(List.of(presented.getFirst()));
    return new Found(search.found, search.until);
  }

  /// @param path from the certificate in question upwards, each issued by the next
  private void climb(List<X509Certificate> path) {
    for (var above : pool) {
      if (isOn(path, above) || !new Authority(above).hasIssued(path.getLast())) {
        continue;
      }
      if (anchors.contains(above) && isValid(path, above)) {
        accept(path, above);
      }
      var longer = new ArrayList<>(path);
      longer.add(above);
      climb(longer);
    }
  }

  private static boolean isOn(List<X509Certificate> path, X509Certificate authority) {
    return path.stream().anyMatch(passed -> new Authority(passed).isSameAs(authority));
  }

  private void accept(List<X509Certificate> path, X509Certificate anchor) {
    found.addAll(path.subList(1, path.size()));
    found.add(anchor);
    until = earlier(until, end(anchor));
    for (var certificate : path) {
      until = earlier(until, end(certificate));
      until = earlier(until, revocations.end(certificate).orElse(until));
    }
  }

  /// By the rules of a handshake (RFC 5280 §6).
  private boolean isValid(List<X509Certificate> path, X509Certificate anchor) {
    try {
      var parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      revocations.checker().ifPresent(parameters::addCertPathChecker);
      var chain = CertificateFactory.getInstance("X.509").generateCertPath(path);
      var _ = CertPathValidator.getInstance("PKIX").validate(chain, parameters);
      return true;
    } catch (CertPathValidatorException | InvalidAlgorithmParameterException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK validates certificate paths", e);
    }
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
