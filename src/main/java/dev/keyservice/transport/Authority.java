package dev.keyservice.transport;

import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;

/// A certificate in its part as the issuer of others.
///
/// @param certificate the issuer's own
public record Authority(X509Certificate certificate) {
  // RFC 5280 §4.2.1.3
  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;

  /// Whether it is a CA at all.
  boolean mayIssue() {
    return certificate.getBasicConstraints() >= 0 && permits(KEY_CERT_SIGN);
  }

  boolean mayRevoke() {
    return permits(CRL_SIGN);
  }

  /// Whether a certificate bears its name and its signature.
  public boolean hasIssued(X509Certificate issued) {
    if (!issued.getIssuerX500Principal().equals(certificate.getSubjectX500Principal())) {
      return false;
    }
    try {
      issued.verify(certificate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /// Whether another certificate is that of the same authority: the same name and the same key,
  /// whoever signed it and until when.
  public boolean isSameAs(X509Certificate other) {
    return other.getSubjectX500Principal().equals(certificate.getSubjectX500Principal())
        && other.getPublicKey().equals(certificate.getPublicKey());
  }

  /// Whether a list bears its name, not necessarily its signature.
  boolean isNamedBy(X509CRL list) {
    return list.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
  }

  /// Whether a list bears its name and its signature, and it may sign lists.
  boolean hasSigned(X509CRL list) {
    if (!isNamedBy(list) || !mayRevoke()) {
      return false;
    }
    try {
      list.verify(certificate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private boolean permits(int use) {
    var usage = certificate.getKeyUsage();
    return usage == null || usage[use];
  }
}
