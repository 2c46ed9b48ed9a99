package dev.keyservice.transport;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.Certificate;
import java.security.cert.PKIXCertPathChecker;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Looks up each certificate of a path in the revocation lists: RFC 5280 §6.3 for complete lists
/// that their issuer signed itself.
///
/// Not the JDK's own checker, which fails at nextUpdate and knows no grace.
final class RevocationChecker extends PKIXCertPathChecker {
  private final RevocationLists revocations;
  private final Clock clock;

  RevocationChecker(RevocationLists revocations, Clock clock) {
    this.revocations = revocations;
    this.clock = clock;
  }

  @Override
  public void init(boolean forward) {}

  @Override
  public boolean isForwardCheckingSupported() {
    return true;
  }

  @Override
  public @Nullable Set<String> getSupportedExtensions() {
    return null;
  }

  @Override
  public void check(Certificate certificate, Collection<String> unresolvedCritical)
      throws CertPathValidatorException {
    var checked = (X509Certificate) certificate;
    if (revocations.revokes(checked)) {
      throw failure(checked, "is revoked", BasicReason.REVOKED);
    }
    var end = revocations.end(checked);
    if (end.isEmpty()) {
      throw failure(
          checked,
          "has an issuer without a revocation list",
          BasicReason.UNDETERMINED_REVOCATION_STATUS);
    }
    if (clock.instant().isAfter(end.get())) {
      throw failure(
          checked,
          "has an issuer whose revocation list has run out",
          BasicReason.UNDETERMINED_REVOCATION_STATUS);
    }
  }

  private static CertPathValidatorException failure(
      X509Certificate certificate, String problem, BasicReason reason) {
    return new CertPathValidatorException(
        "the certificate '" + certificate.getSubjectX500Principal() + "' " + problem,
        null,
        null,
        -1,
        reason);
  }
}
