package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;

/// What a key is for (NIST SP 800-57 part 1, key usage): one purpose a key, for ever.
public enum Purpose {
  /// Symmetric authenticated encryption. Such a key has a primary version.
  ENCRYPT_DECRYPT;

  /// The algorithm of new versions when nobody asks for another.
  public Algorithm defaultAlgorithm() {
    return switch (this) {
      case ENCRYPT_DECRYPT -> Algorithm.XAES_256_GCM;
    };
  }

  /// Whether keys of this purpose have a primary version, and rotate.
  public boolean hasPrimary() {
    return switch (this) {
      case ENCRYPT_DECRYPT -> true;
    };
  }

  /// The purpose that an algorithm serves; exhaustive, so that a new algorithm must say.
  public static Purpose of(Algorithm algorithm) {
    return switch (algorithm) {
      case XAES_256_GCM, AES_256_GCM, AES_128_GCM, CHACHA20_POLY1305 -> ENCRYPT_DECRYPT;
    };
  }
}
