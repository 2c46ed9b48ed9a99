package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CA_SETTING;
import static dev.keyservice.transport.TlsFiles.CRL_SETTING;

import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/// Reads revocation lists and believes them only when every authority has one that is its own,
/// complete, current, and not older than the one before.
///
/// An authority may have several in the file. Then each must be current, and what any of them
/// revokes is revoked.
final class RevocationListLoader {
  private final Clock clock;
  private final Duration grace;

  RevocationListLoader(Clock clock, Duration grace) {
    this.clock = clock;
    this.grace = grace;
  }

  /// @param bundle all authorities of the CA file; a list of an expired one need not be current
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
      ListContent.check(list);
    }
    // A CA that is revoked, or expired, makes no more lists and so needs none; but what it and its
    // like have revoked stays so, above all other CAs of the bundle.
    var believed = new RevocationLists(lists, grace, clock).unrevoked(anchors);
    var current = lists.stream().filter(list -> isSignedByOneOf(believed, list)).toList();
    // One that ran out while in force does not count any more. Refused again, it would keep out
    // what the lists of other CAs have revoked since.
    current.stream().filter(list -> !inForce.lists().contains(list)).forEach(this::checkCurrent);
    for (var anchor : believed) {
      checkSuccession(anchor, signedBy(anchor, current), signedBy(anchor, inForce.lists()));
    }
    var ended = lists.stream().filter(list -> !current.contains(list)).toList();
    return new RevocationLists(current, ended, grace, clock);
  }

  private static void checkSigned(X509CRL list, List<X509Certificate> bundle) {
    if (isSignedByOneOf(bundle, list)) {
      if (Strength.isForgeable(list)) {
        throw refused(
            MaterialProblem.WEAK,
            list,
            "is signed with " + list.getSigAlgName() + " over a broken digest; sign with SHA-256");
      }
      return;
    }
    var namesakes = bundle.stream().map(Authority::new).filter(ca -> ca.isNamedBy(list)).toList();
    if (namesakes.isEmpty()) {
      throw refused(
          MaterialProblem.CRL_UNTRUSTED,
          list,
          "is not of a CA of " + CA_SETTING + "; add the CA there or remove the list");
    }
    throw refused(
        MaterialProblem.CRL_UNTRUSTED,
        list,
        namesakes.stream().anyMatch(Authority::mayRevoke)
            ? "is not signed by the CA of this name in " + CA_SETTING + "; get it anew from the CA"
            : "is of a CA that may not sign lists; its key usage must have cRLSign");
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
      throw refused(
          MaterialProblem.CRL_UNSUPPORTED,
          list,
          "does not say when the next one is due; let the CA set nextUpdate");
    }
    if (!now.isBefore(list.getNextUpdate().toInstant().plus(grace))) {
      throw refused(
          MaterialProblem.CRL_OUTDATED,
          list,
          "ran out at " + list.getNextUpdate().toInstant() + "; get the next one");
    }
  }

  /// Compares what a CA has now with what it had: its newest list must not be older than the newest
  /// before, or something could be revoked no more, and its oldest not older than the oldest.
  private static void checkSuccession(
      X509Certificate anchor, List<X509CRL> lists, List<X509CRL> before) {
    if (lists.isEmpty()) {
      throw missing(anchor);
    }
    for (var list : lists) {
      if (!before.isEmpty() && before.stream().allMatch(old -> ListContent.isOlder(list, old))) {
        throw older(list, before.getFirst());
      }
    }
    for (var old : before) {
      if (lists.stream().allMatch(list -> ListContent.isOlder(list, old))) {
        throw older(lists.getFirst(), old);
      }
    }
  }

  private static boolean isSignedByOneOf(List<X509Certificate> authorities, X509CRL list) {
    return authorities.stream().anyMatch(authority -> new Authority(authority).hasSigned(list));
  }

  private static List<X509CRL> signedBy(X509Certificate authority, List<X509CRL> lists) {
    return lists.stream().filter(new Authority(authority)::hasSigned).toList();
  }

  private static MaterialRefused missing(X509Certificate anchor) {
    return new MaterialRefused(
        MaterialProblem.CRL_MISSING,
        CRL_SETTING,
        "has no revocation list of the CA '%s' of %s; every CA needs one"
            .formatted(anchor.getSubjectX500Principal(), CA_SETTING));
  }

  private static MaterialRefused older(X509CRL list, X509CRL before) {
    return refused(
        MaterialProblem.CRL_OLDER,
        list,
        "is older than the one in force (number %s of %s after number %s of %s); get the newest"
            .formatted(
                ListContent.numberOrNone(list),
                list.getThisUpdate().toInstant(),
                ListContent.numberOrNone(before),
                before.getThisUpdate().toInstant()));
  }

  static MaterialRefused refused(MaterialProblem kind, X509CRL list, String problem) {
    return new MaterialRefused(
        kind,
        CRL_SETTING,
        "the revocation list of '" + list.getIssuerX500Principal() + "' " + problem);
  }
}
