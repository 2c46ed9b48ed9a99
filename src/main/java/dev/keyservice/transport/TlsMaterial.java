package dev.keyservice.transport;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What one side of a connection proves itself with and whom it believes: one immutable snapshot
/// that has passed every check of [TlsMaterialLoader], replaced as a whole or not at all.
public final class TlsMaterial {
  private final @Nullable TlsIdentity identity;
  private final List<X509Certificate> anchors;
  private final RevocationLists revocations;
  private final @Nullable PeerTrust trust;

  TlsMaterial(
      @Nullable TlsIdentity identity, List<X509Certificate> anchors, RevocationLists revocations) {
    this.identity = identity;
    this.anchors = List.copyOf(anchors);
    this.revocations = revocations;
    this.trust = anchors.isEmpty() ? null : new PeerTrust(anchors, revocations);
  }

  /// Own certificate and key; a client may have none.
  public Optional<TlsIdentity> identity() {
    return Optional.ofNullable(identity);
  }

  /// The certificate authorities that vouch for the other side. A server has at least one; none for
  /// a client means those of the system.
  public List<X509Certificate> anchors() {
    return anchors;
  }

  /// Those of the anchors whose signatures count now: which have not expired, and whose revocation
  /// lists have not run out.
  public List<X509Certificate> believedAnchors(Instant now) {
    return anchors.stream()
        .filter(anchor -> !now.isAfter(anchor.getNotAfter().toInstant()))
        .filter(anchor -> revocations.isCurrentFor(anchor, now))
        .toList();
  }

  /// What those authorities have revoked.
  public RevocationLists revocations() {
    return revocations;
  }

  /// All of it in one line for a log.
  String describe() {
    var own = identity == null ? "no certificate" : "certificate " + identity.describe();
    var authorities = anchors.isEmpty() ? "the system's CAs" : "%d CAs".formatted(anchors.size());
    return own + ", " + authorities + ", " + revocations.describe();
  }

  /// How the other side is judged; empty when that is left to the system.
  Optional<PeerTrust> trust() {
    return Optional.ofNullable(trust);
  }
}
