package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.UUID;

/// Counts how often versions encrypt whose random nonces are safe for a limited number of messages.
///
/// Uses are reserved durably before they are made, so that neither a crash nor a second process
/// makes more of them than the algorithm allows.
public interface NonceUses {

  /// The budget of a version of an algorithm that has a limit. Whoever opens a version again may be
  /// given the same.
  ///
  /// @param keyUid that of the version's key
  UseBudget of(CryptoKeyVersionName name, UUID keyUid, Algorithm algorithm);

  /// The primary versions of which at least three quarters of the uses are reserved: rotate their
  /// keys. Those that are nearest to their end come first, and not all in one answer. Each is named
  /// again until it is no primary any more.
  Uni<List<CryptoKeyVersionName>> runningOut();
}
