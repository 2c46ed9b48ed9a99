package dev.keyservice.crypto;

import dev.keyservice.failure.Failure;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/// An AEAD of the JDK with random 96-bit nonces: AES-GCM (NIST SP 800-38D) and ChaCha20-Poly1305
/// (RFC 8439).
///
/// ```
/// sealed = nonce(12) ‖ ciphertext ‖ tag(16)
/// ```
///
/// At most 2^32 messages of a key (NIST SP 800-38D §8.3): beyond them a nonce repeats with a
/// probability above 2^-32, and one that does gives the authentication key away. Whoever uses it
/// counts.
final class ShortNonceAead implements Aead {
  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;

  /// NIST SP 800-38D §8.3; for ChaCha20-Poly1305 the nonces are as long and collide as soon.
  static final long MOST_MESSAGES = 1L << 32;

  /// What they differ in.
  enum Kind {
    AES_GCM("AES/GCM/NoPadding", "AES") {
      @Override
      AlgorithmParameterSpec nonce(byte[] sealed) {
        return new GCMParameterSpec(TAG_BYTES * 8, sealed, 0, NONCE_BYTES);
      }
    },
    CHACHA20_POLY1305("ChaCha20-Poly1305", "ChaCha20") {
      @Override
      AlgorithmParameterSpec nonce(byte[] sealed) {
        return new IvParameterSpec(sealed, 0, NONCE_BYTES);
      }
    };

    private final String transformation;
    private final String keyAlgorithm;

    Kind(String transformation, String keyAlgorithm) {
      this.transformation = transformation;
      this.keyAlgorithm = keyAlgorithm;
    }

    /// @param sealed begins with the nonce
    abstract AlgorithmParameterSpec nonce(byte[] sealed);
  }

  private final Kind kind;
  private final CipherSource ciphers;
  private final SecretBytes key;
  // Not a constant: see SecretBytes.random.
  private final SecureRandom random = new SecureRandom();

  /// @param key of a length that the cipher has; it stays the caller's to close
  ShortNonceAead(Kind kind, SecretBytes key) {
    this.kind = kind;
    this.ciphers = new CipherSource(kind.transformation);
    this.key = key;
  }

  @Override
  public byte[] seal(byte[] plaintext, byte[] associatedData) {
    var nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return sealWith(nonce, plaintext, associatedData);
  }

  /// For test vectors only: two messages under one nonce tell their difference and let anyone
  /// forge.
  byte[] sealWith(byte[] nonce, byte[] plaintext, byte[] associatedData) {
    var sealed = Arrays.copyOf(nonce, NONCE_BYTES + plaintext.length + TAG_BYTES);
    return withKey(lent -> {
      var cipher = cipher(Cipher.ENCRYPT_MODE, lent, sealed, associatedData);
      var _ = cipher.doFinal(plaintext, 0, plaintext.length, sealed, NONCE_BYTES);
      return sealed;
    });
  }

  @Override
  public byte[] open(byte[] sealed, byte[] associatedData) {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) {
      throw Failure.cannotDecrypt();
    }
    return withKey(lent -> {
      try {
        var cipher = cipher(Cipher.DECRYPT_MODE, lent, sealed, associatedData);
        return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
      } catch (BadPaddingException e) {
        throw Failure.cannotDecrypt();
      }
    });
  }

  private Cipher cipher(int mode, LentKey lent, byte[] sealed, byte[] associatedData)
      throws GeneralSecurityException {
    var cipher = ciphers.next();
    cipher.init(mode, lent, kind.nonce(sealed));
    cipher.updateAAD(associatedData);
    return cipher;
  }

  /// What is done with the key.
  @FunctionalInterface
  private interface Operation {
    byte[] with(LentKey lent) throws GeneralSecurityException;
  }

  private byte[] withKey(Operation operation) {
    return key.use(bytes -> {
      // A copy, since ciphers may keep what they are given until they are used again.
      var lent = new LentKey(kind.keyAlgorithm, bytes.clone());
      try {
        return operation.with(lent);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the JDK offers no " + kind.transformation, e);
      } finally {
        lent.destroy();
      }
    });
  }
}
