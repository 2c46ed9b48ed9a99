package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CA_SETTING;
import static dev.keyservice.transport.TlsFiles.CRL_SETTING;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;

/// Reads revocation lists and believes them only when every authority has one that is its own,
/// complete, current, and not older than the one before.
final class RevocationListLoader {
  // RFC 5280 §5.2
  private static final String CRL_NUMBER = "2.5.29.20";
  private static final String DELTA_INDICATOR = "2.5.29.27";
  private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
  private static final int CRL_SIGN = 6;

  private final Clock clock;
  private final Duration grace;

  RevocationListLoader(Clock clock, Duration grace) {
    this.clock = clock;
    this.grace = grace;
  }

  /// @param bundle all authorities of the CA file; a list of an expired one is left out
  /// @param anchors those of them that have not expired
  /// @param inForce lists that must not be older than these
  RevocationLists load(
      Path file,
      List<X509Certificate> bundle,
      List<X509Certificate> anchors,
      RevocationLists inForce) {
    var lists = new PemFile(CRL_SETTING, file).revocationLists();
    for (var list : lists) {
      checkSigned(list, bundle);
      checkComplete(list);
    }
    var kept = lists.stream().filter(list -> isSignedByOneOf(anchors, list)).toList();
    kept.forEach(this::checkCurrent);
    for (var anchor : anchors) {
      var list =
          kept.stream()
              .filter(candidate -> isSignedBy(anchor, candidate))
              .findFirst()
              .orElseThrow(() -> missing(anchor));
      checkNotOlder(list, anchor, inForce);
    }
    return new RevocationLists(kept, grace, clock);
  }

  private static void checkSigned(X509CRL list, List<X509Certificate> bundle) {
    if (!isSignedByOneOf(bundle, list)) {
      throw refused(MaterialProblem.CRL_UNTRUSTED, list, "is not signed by a CA of " + CA_SETTING);
    }
  }

  private static void checkComplete(X509CRL list) {
    if (list.getExtensionValue(DELTA_INDICATOR) != null) {
      throw refused(MaterialProblem.CRL_UNSUPPORTED, list, "is a delta CRL; give the complete one");
    }
    if (list.getExtensionValue(ISSUING_DISTRIBUTION_POINT) != null) {
      throw refused(
          MaterialProblem.CRL_UNSUPPORTED,
          list,
          "is indirect or covers only some certificates (it has an issuing distribution point);"
              + " give the complete one");
    }
    var critical = list.getCriticalExtensionOIDs();
    if (critical != null && !Set.of(CRL_NUMBER).containsAll(critical)) {
      throw refused(
          MaterialProblem.CRL_UNSUPPORTED, list, "has unknown critical extensions " + critical);
    }
  }

  private void checkCurrent(X509CRL list) {
    var now = clock.instant();
    if (now.isBefore(list.getThisUpdate().toInstant())) {
      throw refused(
          MaterialProblem.CRL_OUTDATED,
          list,
          "begins in the future, at " + list.getThisUpdate().toInstant() + "; check the clock");
    }
    if (list.getNextUpdate() == null) {
      throw refused(MaterialProblem.CRL_UNSUPPORTED, list, "does not say when the next one is due");
    }
    if (!now.isBefore(list.getNextUpdate().toInstant().plus(grace))) {
      throw refused(
          MaterialProblem.CRL_OUTDATED,
          list,
          "ran out at " + list.getNextUpdate().toInstant() + "; get the next one");
    }
  }

  private static void checkNotOlder(X509CRL list, X509Certificate anchor, RevocationLists inForce) {
    for (var before : inForce.lists()) {
      if (isSignedBy(anchor, before) && isOlder(list, before)) {
        throw refused(
            MaterialProblem.CRL_OLDER,
            list,
            "is older than the one in force (number %s after %s)"
                .formatted(numberOrNone(list), numberOrNone(before)));
      }
    }
  }

  private static boolean isOlder(X509CRL list, X509CRL before) {
    var number = number(list);
    var numberBefore = number(before);
    if (number.isPresent() && numberBefore.isPresent()) {
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
    return Optional.of(ASN1Integer.getInstance(content).getPositiveValue());
  }

  static String numberOrNone(X509CRL list) {
    return number(list).map(BigInteger::toString).orElse("none");
  }

  private static boolean isSignedByOneOf(List<X509Certificate> authorities, X509CRL list) {
    return authorities.stream().anyMatch(authority -> isSignedBy(authority, list));
  }

  private static boolean isSignedBy(X509Certificate authority, X509CRL list) {
    var usage = authority.getKeyUsage();
    if (!list.getIssuerX500Principal().equals(authority.getSubjectX500Principal())
        || (usage != null && !usage[CRL_SIGN])) {
      return false;
    }
    try {
      list.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static MaterialRefused missing(X509Certificate anchor) {
    return new MaterialRefused(
        MaterialProblem.CRL_MISSING,
        CRL_SETTING,
        "has no revocation list of the CA '%s' of %s; every CA needs one"
            .formatted(anchor.getSubjectX500Principal(), CA_SETTING));
  }

  private static MaterialRefused refused(MaterialProblem kind, X509CRL list, String problem) {
    return new MaterialRefused(
        kind,
        CRL_SETTING,
        "the revocation list of '" + list.getIssuerX500Principal() + "' " + problem);
  }
}
