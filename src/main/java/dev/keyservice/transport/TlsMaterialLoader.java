package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CA_SETTING;

import dev.keyservice.transport.TlsFiles.Side;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the files of one side and believes them only when everything fits together, so that bad
/// files are a message at start or a kept old snapshot, never connections that fail later.
public final class TlsMaterialLoader {
  private final Clock clock;
  private final IdentityLoader identities;
  private final RevocationListLoader revocationLists;

  /// A loader for which a revocation list ends at its nextUpdate.
  ///
  /// @param clock by which certificates are current or not
  public TlsMaterialLoader(Clock clock) {
    this(clock, Duration.ZERO);
  }

  /// @param clock by which certificates are current or not
  /// @param crlGrace how long a revocation list counts after its nextUpdate
  public TlsMaterialLoader(Clock clock, Duration crlGrace) {
    this.clock = clock;
    this.identities = new IdentityLoader(clock);
    this.revocationLists = new RevocationListLoader(clock, crlGrace);
  }

  /// Reads and checks all files, with nothing in force before them.
  ///
  /// @throws MaterialRefused naming the side, the setting at fault and what to do
  public TlsMaterial load(TlsFiles files) {
    return load(files, RevocationLists.NONE);
  }

  /// Reads and checks all files, which are to replace others.
  ///
  /// @param inForce the revocation lists that must not be older
  /// @throws MaterialRefused naming the side, the setting at fault and what to do
  TlsMaterial load(TlsFiles files, RevocationLists inForce) {
    var bundle = files.ca() == null ? List.<X509Certificate>of() : bundle(files.side(), files.ca());
    var anchors = files.ca() == null ? bundle : current(files.side(), files.ca(), bundle);
    var revocations =
        files.crl() == null
            ? RevocationLists.NONE
            : revocationLists.load(files.crl(), bundle, anchors, inForce);
    return new TlsMaterial(
        identity(files.side(), files.certificate(), files.key()),
        unrevoked(files.side(), anchors, revocations),
        revocations);
  }

  private static List<X509Certificate> bundle(Side side, Path file) {
    var bundle = new PemFile(CA_SETTING, file).certificates();
    for (var anchor : bundle) {
      if (!new Authority(anchor).mayIssue()) {
        throw refused(
            MaterialProblem.WRONG_ROLE,
            side,
            anchor,
            "is not a CA; list only CAs that vouch for " + side.peer());
      }
      if (Strength.isWeak(anchor.getPublicKey())) {
        throw refused(
            MaterialProblem.WEAK,
            side,
            anchor,
            "has a key that is " + Strength.LACK + ", so that others could issue in its name");
      }
    }
    return bundle;
  }

  private List<X509Certificate> current(Side side, Path file, List<X509Certificate> bundle) {
    // Certificate path validation never looks at an anchor's own dates, so an expired CA has to go
    // here. It does not refuse the bundle: during a rotation the old one stays in it for a while.
    var now = clock.instant();
    var current =
        bundle.stream()
            .distinct()
            .filter(anchor -> !now.isAfter(anchor.getNotAfter().toInstant()))
            .toList();
    if (current.isEmpty()) {
      throw refused(
          MaterialProblem.EXPIRED,
          side,
          bundle.getFirst(),
          "has expired, and no other CA is in " + file);
    }
    return current;
  }

  /// An intermediate CA may be in the bundle beside its issuer, whose list counts for it, too.
  private static List<X509Certificate> unrevoked(
      Side side, List<X509Certificate> anchors, RevocationLists revocations) {
    var unrevoked = revocations.unrevoked(anchors);
    if (unrevoked.isEmpty() && !anchors.isEmpty()) {
      throw refused(
          MaterialProblem.REVOKED,
          side,
          anchors.getFirst(),
          "is revoked, and so is every other CA there; list one that is not");
    }
    return unrevoked;
  }

  private @Nullable TlsIdentity identity(
      Side side, @Nullable Path certificate, @Nullable Path key) {
    return certificate == null || key == null ? null : identities.load(side, certificate, key);
  }

  private static MaterialRefused refused(
      MaterialProblem kind, Side side, X509Certificate anchor, String problem) {
    return MaterialRefused.of(kind, CA_SETTING, side, anchor, problem);
  }
}
