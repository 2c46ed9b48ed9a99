package dev.keyservice.crypto;

import dev.keyservice.failure.Failure;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/// XAES-256-GCM: AES-256-GCM with random 192-bit nonces (<https://c2sp.org/XAES-256-GCM>).
///
/// Half of the nonce and the key give a key of their own for each message (NIST SP 800-108r1 with
/// CMAC-AES256), which encrypts it with AES-256-GCM (NIST SP 800-38D) under the other half:
///
/// ```
/// K1 = CMAC subkey of K (NIST SP 800-38B §6.1), once a key
/// Mi = 0x00 ‖ i ‖ 'X' ‖ 0x00 ‖ nonce[0..12)
/// Kx = AES-K(M1 ⊕ K1) ‖ AES-K(M2 ⊕ K1)
/// sealed = nonce(24) ‖ AES-256-GCM(Kx, nonce[12..24), plaintext, associated data) ‖ tag(16)
/// ```
///
/// Random nonces are safe for 2^80 messages of a key (a collision with probability 2^-32), so
/// nobody has to count.
public final class XAes256Gcm implements Aead {
  static final int KEY_BYTES = 32;
  static final int NONCE_BYTES = 24;
  static final int TAG_BYTES = 16;

  private static final int BLOCK_BYTES = 16;
  private static final int HALF_NONCE_BYTES = 12;

  private final CipherSource blocks = new CipherSource("AES/ECB/NoPadding");
  private final CipherSource gcm = new CipherSource("AES/GCM/NoPadding");
  private final SecretBytes key;
  // Stays in memory when the key is closed. That gives nothing away: it only masks the input of the
  // derivation, whose every block still goes through AES under the key.
  private final byte[] k1;
  // Not a constant: see SecretBytes.random.
  private final SecureRandom random = new SecureRandom();

  /// @param key 32 bytes, which stay the caller's to close
  public XAes256Gcm(SecretBytes key) {
    if (key.length() != KEY_BYTES) {
      throw new IllegalArgumentException("the key must have " + KEY_BYTES + " bytes");
    }
    this.key = key;
    this.k1 = doubled(aes(new byte[BLOCK_BYTES]));
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
    var messageKey = messageKey(nonce);
    try {
      var cipher = gcm(Cipher.ENCRYPT_MODE, messageKey, nonce, associatedData);
      cipher.doFinal(plaintext, 0, plaintext.length, sealed, NONCE_BYTES);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw unreachable(e);
    } finally {
      messageKey.destroy();
    }
  }

  @Override
  public byte[] open(byte[] sealed, byte[] associatedData) {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) {
      throw Failure.cannotDecrypt();
    }
    var messageKey = messageKey(sealed);
    try {
      var cipher = gcm(Cipher.DECRYPT_MODE, messageKey, sealed, associatedData);
      return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (BadPaddingException e) {
      throw Failure.cannotDecrypt();
    } catch (GeneralSecurityException e) {
      throw unreachable(e);
    } finally {
      messageKey.destroy();
    }
  }

  private LentKey messageKey(byte[] nonce) {
    var input = new byte[2 * BLOCK_BYTES];
    for (var i = 0; i < 2; i++) {
      var at = i * BLOCK_BYTES;
      input[at + 1] = (byte) (i + 1);
      input[at + 2] = 'X';
      System.arraycopy(nonce, 0, input, at + 4, HALF_NONCE_BYTES);
      for (var j = 0; j < BLOCK_BYTES; j++) {
        input[at + j] ^= k1[j];
      }
    }
    return new LentKey("AES", aes(input));
  }

  private Cipher gcm(int mode, Key messageKey, byte[] nonce, byte[] associatedData)
      throws GeneralSecurityException {
    var cipher = gcm.next();
    cipher.init(
        mode,
        messageKey,
        new GCMParameterSpec(TAG_BYTES * 8, nonce, HALF_NONCE_BYTES, HALF_NONCE_BYTES));
    cipher.updateAAD(associatedData);
    return cipher;
  }

  /// The bare block cipher. ECB is safe here: it is the PRF of CMAC on single blocks, which never
  /// repeat within a derivation and carry no message.
  private byte[] aes(byte[] input) {
    return key.use(bytes -> {
      try {
        var cipher = blocks.next();
        cipher.init(Cipher.ENCRYPT_MODE, new LentKey("AES", bytes));
        return cipher.doFinal(input);
      } catch (GeneralSecurityException e) {
        throw unreachable(e);
      }
    });
  }

  /// Multiplies by x in GF(2^128) without a branch on the secret (NIST SP 800-38B §6.1).
  private static byte[] doubled(byte[] block) {
    var result = new byte[BLOCK_BYTES];
    for (var i = 0; i < BLOCK_BYTES - 1; i++) {
      result[i] = (byte) ((block[i] << 1) | ((block[i + 1] & 0xFF) >>> 7));
    }
    var carry = -((block[0] & 0xFF) >>> 7);
    result[BLOCK_BYTES - 1] = (byte) ((block[BLOCK_BYTES - 1] << 1) ^ (carry & 0b1000_0111));
    return result;
  }

  private static IllegalStateException unreachable(GeneralSecurityException e) {
    return new IllegalStateException("the JDK offers no AES-256-GCM", e);
  }
}
