package dev.keyservice.crypto;

import java.util.OptionalLong;

/// Every algorithm that a key version can have: the one table.
///
/// The name is part of the formats (associated data, rows) and of the API: it is never changed or
/// given to another construction. A new algorithm is one row here and one class that implements a
/// [Primitive]; the compiler demands the rest.
public enum Algorithm {
  /// AES-256-GCM with 192-bit random nonces, for 2^80 messages of a key. The default.
  XAES_256_GCM(XAes256Gcm.KEY_BYTES) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new XAes256Gcm(key);
    }
  },

  /// AES-256-GCM with 96-bit random nonces.
  AES_256_GCM(32, ShortNonceAead.MOST_MESSAGES) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new ShortNonceAead(ShortNonceAead.Kind.AES_GCM, key);
    }
  },

  /// AES-128-GCM with 96-bit random nonces.
  AES_128_GCM(16, ShortNonceAead.MOST_MESSAGES) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new ShortNonceAead(ShortNonceAead.Kind.AES_GCM, key);
    }
  },

  /// ChaCha20-Poly1305 with 96-bit random nonces.
  CHACHA20_POLY1305(32, ShortNonceAead.MOST_MESSAGES) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new ShortNonceAead(ShortNonceAead.Kind.CHACHA20_POLY1305, key);
    }
  },

  /// HMAC with SHA-256; tags of 32 bytes.
  HMAC_SHA256(32) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new Hmac(Hmac.Hash.SHA256, key);
    }
  },

  /// HMAC with SHA-384; tags of 48 bytes.
  HMAC_SHA384(48) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new Hmac(Hmac.Hash.SHA384, key);
    }
  },

  /// HMAC with SHA-512; tags of 64 bytes.
  HMAC_SHA512(64) {
    @Override
    Primitive primitive(SecretBytes key) {
      return new Hmac(Hmac.Hash.SHA512, key);
    }
  };

  private final int keyLength;
  private final OptionalLong mostUses;

  Algorithm(int keyLength) {
    this.keyLength = keyLength;
    this.mostUses = OptionalLong.empty();
  }

  Algorithm(int keyLength, long mostUses) {
    this.keyLength = keyLength;
    this.mostUses = OptionalLong.of(mostUses);
  }

  /// The length of the raw key in bytes.
  public int keyLength() {
    return keyLength;
  }

  /// How often one key may encrypt; empty where nobody has to count.
  public OptionalLong mostUses() {
    return mostUses;
  }

  /// What a key of this algorithm can do. The key stays the caller's to close.
  abstract Primitive primitive(SecretBytes key);
}
