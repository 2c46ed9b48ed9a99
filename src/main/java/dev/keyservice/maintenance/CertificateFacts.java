package dev.keyservice.maintenance;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/// What a certificate says, for people.
///
/// @param names its subject alternative names, as `DNS:localhost`
/// @param key kind and size of its public key, as `EC P-256`
/// @param serial in hexadecimal
/// @param sha256 of the certificate in DER, in hexadecimal
public record CertificateFacts(
    String subject,
    List<String> names,
    String key,
    String serial,
    String issuer,
    Instant notBefore,
    Instant notAfter,
    String sha256) {
  public CertificateFacts {
    names = List.copyOf(names);
  }

  /// What this one says.
  public static CertificateFacts of(X509Certificate certificate) {
    return new CertificateFacts(
        certificate.getSubjectX500Principal().toString(),
        names(certificate),
        key(certificate.getPublicKey()),
        certificate.getSerialNumber().toString(16),
        certificate.getIssuerX500Principal().toString(),
        certificate.getNotBefore().toInstant(),
        certificate.getNotAfter().toInstant(),
        sha256(certificate));
  }

  private static List<String> names(X509Certificate certificate) {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null ? List.of() : names.stream().map(CertificateFacts::name).toList();
    } catch (CertificateParsingException e) {
      return List.of("(malformed)");
    }
  }

  /// A GeneralName (RFC 5280 §4.2.1.6): its kind and its value.
  private static String name(List<?> name) {
    return switch (name.getFirst()) {
      case Integer kind when kind == 1 -> "email:" + name.get(1);
      case Integer kind when kind == 2 -> "DNS:" + name.get(1);
      case Integer kind when kind == 6 -> "URI:" + name.get(1);
      case Integer kind when kind == 7 -> "IP:" + name.get(1);
      default -> "(of another kind)";
    };
  }

  private static String key(PublicKey key) {
    return switch (key) {
      case ECPublicKey ec -> "EC P-" + ec.getParams().getCurve().getField().getFieldSize();
      case RSAPublicKey rsa -> "RSA " + rsa.getModulus().bitLength();
      default -> key.getAlgorithm();
    };
  }

  private static String sha256(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the certificate was decoded, and every JDK has SHA-256", e);
    }
  }
}
