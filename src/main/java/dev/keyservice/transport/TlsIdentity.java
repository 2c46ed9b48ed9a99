package dev.keyservice.transport;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/// A certificate with its private key: what one side proves itself with.
///
/// Not a record, because a record prints its components.
public final class TlsIdentity {
  private final PrivateKey key;
  private final List<X509Certificate> chain;

  TlsIdentity(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = List.copyOf(chain);
  }

  PrivateKey key() {
    return key;
  }

  /// The certificate, then each one's issuer.
  public List<X509Certificate> chain() {
    return chain;
  }

  /// The certificate itself.
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /// Whose the certificate is.
  String subject() {
    return certificate().getSubjectX500Principal().toString();
  }

  /// The certificate in one line for a log: subject, serial number, issuer, dates, fingerprint.
  String describe() {
    var leaf = certificate();
    return "subject='%s' serial=%s issuer='%s' notBefore=%s notAfter=%s sha256=%s"
        .formatted(
            subject(),
            leaf.getSerialNumber().toString(16),
            leaf.getIssuerX500Principal(),
            leaf.getNotBefore().toInstant(),
            leaf.getNotAfter().toInstant(),
            fingerprint());
  }

  /// SHA-256 of the certificate in DER, in hexadecimal, as `openssl x509 -fingerprint -sha256` has
  /// it but for the colons.
  public String fingerprint() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the certificate was decoded, and every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "TlsIdentity[" + subject() + "]";
  }
}
