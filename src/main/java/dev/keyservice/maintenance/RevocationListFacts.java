package dev.keyservice.maintenance;

import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.jspecify.annotations.Nullable;

/// What a revocation list says, for people.
///
/// @param crlNumber its number, if it has one
/// @param nextUpdate when the next one is due, if it says so
/// @param entries how many certificates it revokes
/// @param revoked subjects of those of one's own chain that it revokes
public record RevocationListFacts(
    String issuer,
    @Nullable String crlNumber,
    Instant thisUpdate,
    @Nullable Instant nextUpdate,
    int entries,
    List<String> revoked) {
  private static final String CRL_NUMBER = "2.5.29.20";

  public RevocationListFacts {
    revoked = List.copyOf(revoked);
  }

  static RevocationListFacts of(X509CRL list, List<X509Certificate> chain) {
    var entries = list.getRevokedCertificates();
    var next = list.getNextUpdate();
    return new RevocationListFacts(
        list.getIssuerX500Principal().toString(),
        number(list),
        list.getThisUpdate().toInstant(),
        next == null ? null : next.toInstant(),
        entries == null ? 0 : entries.size(),
        chain.stream()
            .filter(link -> revokes(list, link))
            .map(link -> link.getSubjectX500Principal().toString())
            .toList());
  }

  /// The number, which grows from list to list; empty when it has none.
  public Optional<String> number() {
    return Optional.ofNullable(crlNumber);
  }

  /// When the next one is due; empty when it does not say.
  public Optional<Instant> next() {
    return Optional.ofNullable(nextUpdate);
  }

  private static boolean revokes(X509CRL list, X509Certificate certificate) {
    return list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
        && list.getRevokedCertificate(certificate.getSerialNumber()) != null;
  }

  private static @Nullable String number(X509CRL list) {
    var extension = list.getExtensionValue(CRL_NUMBER);
    if (extension == null) {
      return null;
    }
    try {
      var content = ASN1OctetString.getInstance(extension).getOctets();
      return ASN1Integer.getInstance(content).getValue().toString();
    } catch (IllegalArgumentException e) {
      return "(malformed)";
    }
  }
}
