package dev.keyservice.transport;

import java.util.Locale;

/// What can be wrong with TLS files: the closed set by which failed reloads are counted.
public enum MaterialProblem {
  /// A file is missing, may not be read, or is no plain file of a sensible size.
  UNREADABLE,
  /// A file holds something else than whole PEM blocks of the right kind.
  MALFORMED,
  /// The private key is encrypted.
  KEY_ENCRYPTED,
  /// The private key is neither RSA nor EC on P-256, P-384 or P-521.
  KEY_UNSUPPORTED,
  /// The private key is not that of the certificate.
  KEY_MISMATCH,
  /// A key is so short, or a signature over such a digest, that others could sign in its name.
  WEAK,
  /// A certificate is a CA where it must not be, or none where it must be one.
  WRONG_ROLE,
  /// The extended key usage of the certificate lacks its side.
  WRONG_USAGE,
  /// A certificate has expired.
  EXPIRED,
  /// A certificate is not valid yet.
  NOT_YET_VALID,
  /// Every CA of the bundle is revoked by another.
  REVOKED,
  /// The certificates of the chain did not issue one another.
  CHAIN_BROKEN,
  /// A revocation list is signed by no CA of the bundle.
  CRL_UNTRUSTED,
  /// A CA of the bundle has no revocation list.
  CRL_MISSING,
  /// A revocation list has run out, or begins in the future.
  CRL_OUTDATED,
  /// A revocation list is older than the one in force.
  CRL_OLDER,
  /// A revocation list is a delta, covers only a part of its issuer's certificates or others', or
  /// says something that is not understood.
  CRL_UNSUPPORTED;

  /// As metrics spell it: `key_mismatch`.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
