package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;

/// What a key is for (NIST SP 800-57 part 1, key usage): one purpose a key, for ever.
public enum Purpose {
  /// Symmetric authenticated encryption. Such a key has a primary version.
  ENCRYPT_DECRYPT,
  /// Message authentication codes. Such a key has no primary version: whoever verifies has to know
  /// which one made the tag.
  MAC;

  /// The algorithm of new versions when nobody asks for another.
  public Algorithm defaultAlgorithm() {
    return switch (this) {
      case ENCRYPT_DECRYPT -> Algorithm.XAES_256_GCM;
      case MAC -> Algorithm.HMAC_SHA256;
    };
  }

  /// Whether a key of this purpose has a primary version.
  public boolean hasPrimary() {
    return switch (this) {
      case ENCRYPT_DECRYPT -> true;
      case MAC -> false;
    };
  }

  /// The purpose that an algorithm serves; exhaustive, so that a new algorithm must say.
  public static Purpose of(Algorithm algorithm) {
    return switch (algorithm) {
      case XAES_256_GCM, AES_256_GCM, AES_128_GCM, CHACHA20_POLY1305 -> ENCRYPT_DECRYPT;
      case HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 -> MAC;
    };
  }
}
