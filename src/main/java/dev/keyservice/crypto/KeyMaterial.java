package dev.keyservice.crypto;

import java.util.Arrays;

/// The secret of one key version together with what it can do.
///
/// The encoded form is `format(1) ‖ raw key`, the format being `0x01` for symmetric keys: encodings
/// of private keys change between JDKs, so a later form gets another first byte.
public final class KeyMaterial implements AutoCloseable {
  private static final byte RAW_SYMMETRIC = 0x01;

  private final Algorithm algorithm;
  private final SecretBytes key;
  private final Primitive primitive;

  private KeyMaterial(Algorithm algorithm, SecretBytes key) {
    this.algorithm = algorithm;
    this.key = key;
    this.primitive = algorithm.primitive(key);
  }

  /// Fresh random material.
  public static KeyMaterial generate(Algorithm algorithm) {
    return new KeyMaterial(algorithm, SecretBytes.random(algorithm.keyLength()));
  }

  /// Reads what [#encode] wrote. `encoded` stays the caller's to close.
  ///
  /// @throws IllegalArgumentException when it is not material of this algorithm
  public static KeyMaterial decode(Algorithm algorithm, SecretBytes encoded) {
    return encoded.use(bytes -> {
      if (bytes.length != 1 + algorithm.keyLength() || bytes[0] != RAW_SYMMETRIC) {
        throw new IllegalArgumentException("not the material of a key of " + algorithm);
      }
      return new KeyMaterial(algorithm, SecretBytes.of(Arrays.copyOfRange(bytes, 1, bytes.length)));
    });
  }

  /// The encoded form, for wrapping only. The caller closes it.
  public SecretBytes encode() {
    return key.use(bytes -> {
      var encoded = new byte[1 + bytes.length];
      encoded[0] = RAW_SYMMETRIC;
      System.arraycopy(bytes, 0, encoded, 1, bytes.length);
      return SecretBytes.of(encoded);
    });
  }

  /// What the material is for.
  public Algorithm algorithm() {
    return algorithm;
  }

  /// What the material can do, until it is closed. Made once: ask as often as you like.
  public Primitive primitive() {
    return primitive;
  }

  /// Erases the key. Calls of the primitive that are under way end first; later ones throw
  /// `IllegalStateException`.
  @Override
  public void close() {
    key.close();
  }

  @Override
  public String toString() {
    return "KeyMaterial[" + algorithm + "]";
  }
}
