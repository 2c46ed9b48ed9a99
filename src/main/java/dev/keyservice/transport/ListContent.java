package dev.keyservice.transport;

import static dev.keyservice.transport.RevocationListLoader.refused;

import java.math.BigInteger;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;

/// What a revocation list says of itself and of its entries (RFC 5280 §5.2 and §5.3): only a list
/// of everything that its signer has revoked can be looked up by serial number alone.
final class ListContent {
  private static final String CRL_NUMBER = "2.5.29.20";
  private static final String DELTA_INDICATOR = "2.5.29.27";
  private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
  private static final String REASON = "2.5.29.21";
  private static final String INVALIDITY_DATE = "2.5.29.24";

  /// RFC 5280 §5.2.3: at most 20 octets.
  private static final int MAX_NUMBER_BITS = 20 * 8;

  private ListContent() {}

  /// @throws MaterialRefused for a list that says more than which of its issuer's certificates are
  ///   revoked, or less
  static void check(X509CRL list) {
    if (list.getExtensionValue(DELTA_INDICATOR) != null) {
      throw unsupported(list, "is a delta CRL; give the complete one");
    }
    if (list.getExtensionValue(ISSUING_DISTRIBUTION_POINT) != null) {
      throw unsupported(
          list,
          "is indirect or covers only some certificates (it has an issuing distribution point);"
              + " give the complete one");
    }
    var critical = list.getCriticalExtensionOIDs();
    if (critical != null && !Set.of(CRL_NUMBER).containsAll(critical)) {
      throw unsupported(
          list, "has unknown critical extensions " + critical + "; give one without them");
    }
    checkNumber(list);
    checkEntries(list);
  }

  /// Whether a list was made before another of the same authority. Numbers decide where both have
  /// one; CAs that write none, or the same one twice, are held to their dates.
  static boolean isOlder(X509CRL list, X509CRL before) {
    var number = number(list);
    var numberBefore = number(before);
    if (number.isPresent() && numberBefore.isPresent() && !number.equals(numberBefore)) {
      return number.get().compareTo(numberBefore.get()) < 0;
    }
    return list.getThisUpdate().toInstant().isBefore(before.getThisUpdate().toInstant());
  }

  /// The CRL number (RFC 5280 §5.2.3), which grows from list to list.
  static Optional<BigInteger> number(X509CRL list) {
    var extension = list.getExtensionValue(CRL_NUMBER);
    if (extension == null) {
      return Optional.empty();
    }
    var content = ASN1OctetString.getInstance(extension).getOctets();
    return Optional.of(ASN1Integer.getInstance(content).getValue());
  }

  static String numberOrNone(X509CRL list) {
    return number(list).map(BigInteger::toString).orElse("none");
  }

  private static void checkNumber(X509CRL list) {
    try {
      var number = number(list);
      if (number.isEmpty()
          || (number.get().signum() >= 0 && number.get().bitLength() <= MAX_NUMBER_BITS)) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // Bouncy Castle's word for a number that is none.
    }
    throw unsupported(
        list, "has a CRL number that is negative or longer than 20 octets; let the CA correct it");
  }

  private static void checkEntries(X509CRL list) {
    var entries = list.getRevokedCertificates();
    if (entries != null && entries.stream().anyMatch(ListContent::isUnsupported)) {
      throw unsupported(
          list,
          "has entries with unknown critical extensions, or of another issuer; give one without"
              + " them");
    }
  }

  /// An entry of another issuer passes it on to those that follow, which the JDK then finds under
  /// that issuer only: certificates of the signer would be revoked no more.
  private static boolean isUnsupported(X509CRLEntry entry) {
    var critical = entry.getCriticalExtensionOIDs();
    return entry.getCertificateIssuer() != null
        || (critical != null && !Set.of(REASON, INVALIDITY_DATE).containsAll(critical));
  }

  private static MaterialRefused unsupported(X509CRL list, String problem) {
    return refused(MaterialProblem.CRL_UNSUPPORTED, list, problem);
  }
}
