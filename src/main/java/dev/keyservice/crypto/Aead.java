package dev.keyservice.crypto;

import dev.keyservice.failure.Failure;

/// Authenticated encryption with associated data (RFC 5116 §2.1) under one key.
///
/// Keeps the plaintext secret but for its length, and both plaintext and associated data from being
/// changed, under chosen plaintexts and chosen ciphertexts. It is *not* key-committing: whoever
/// knows two keys can make one ciphertext that opens under both.
public sealed interface Aead extends Primitive permits XAes256Gcm, ShortNonceAead {
  /// Encrypts under a fresh random nonce.
  ///
  /// @param associatedData what must be the same when it is opened; empty for none
  /// @return `nonce ‖ ciphertext ‖ tag`, the ciphertext as long as the plaintext
  byte[] seal(byte[] plaintext, byte[] associatedData);

  /// Opens what [#seal] returned.
  ///
  /// @return the plaintext, never before its tag has been verified
  /// @throws Failure [Failure#cannotDecrypt()] for every cause: too short, changed, another key,
  ///   other associated data
  byte[] open(byte[] sealed, byte[] associatedData);
}
