package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.root.WrappedMaterial;
import java.time.Instant;

/// One piece of key material, wrapped, with its algorithm and state.
///
/// @param number counts from 1, without gaps
/// @param createTime whole microseconds
public record CryptoKeyVersion(
    int number,
    VersionState state,
    Algorithm algorithm,
    Instant createTime,
    WrappedMaterial material) {

  public CryptoKeyVersion {
    if (number < 1) {
      throw new IllegalArgumentException("version " + number);
    }
    createTime = Microseconds.truncate(createTime);
  }
}
