package dev.keyservice.crypto;

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
  };

  private final int keyLength;

  Algorithm(int keyLength) {
    this.keyLength = keyLength;
  }

  /// The length of the raw key in bytes.
  public int keyLength() {
    return keyLength;
  }

  /// What a key of this algorithm can do. The key stays the caller's to close.
  abstract Primitive primitive(SecretBytes key);
}
