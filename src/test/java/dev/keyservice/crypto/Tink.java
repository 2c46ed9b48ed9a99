package dev.keyservice.crypto;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.aead.XAesGcmKey;
import com.google.crypto.tink.aead.XAesGcmParameters;
import com.google.crypto.tink.aead.internal.XAesGcm;
import com.google.crypto.tink.mac.HmacKey;
import com.google.crypto.tink.mac.HmacParameters;
import com.google.crypto.tink.subtle.AesGcmJce;
import com.google.crypto.tink.subtle.ChaCha20Poly1305;
import com.google.crypto.tink.subtle.PrfMac;
import com.google.crypto.tink.util.SecretBytes;
import java.security.GeneralSecurityException;

/// What Tink has of ours, such as XAES-256-GCM: written by others, so what both make and open is
/// right.
final class Tink {
  // The salt is what precedes the 12 bytes of AES-GCM's own nonce: 24 bytes in all, as in C2SP.
  private static final int SALT_BYTES = 12;

  private Tink() {}

  static Aead aead(Algorithm algorithm, byte[] key) throws GeneralSecurityException {
    return switch (algorithm) {
      case XAES_256_GCM -> xAes256Gcm(key);
      case AES_256_GCM, AES_128_GCM -> new AesGcmJce(key);
      case CHACHA20_POLY1305 -> new ChaCha20Poly1305(key);
      case HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 ->
          throw new IllegalArgumentException(algorithm + " does not encrypt");
    };
  }

  @AccessesPartialKey
  static Aead xAes256Gcm(byte[] key) throws GeneralSecurityException {
    var parameters = XAesGcmParameters.create(XAesGcmParameters.Variant.NO_PREFIX, SALT_BYTES);
    var secret = SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get());
    return XAesGcm.create(XAesGcmKey.create(parameters, secret, null));
  }

  /// @param hash as Tink calls it
  /// @param tagLength in bytes
  @AccessesPartialKey
  static com.google.crypto.tink.Mac hmac(HmacParameters.HashType hash, int tagLength, byte[] key)
      throws GeneralSecurityException {
    var parameters =
        HmacParameters.builder()
            .setKeySizeBytes(key.length)
            .setTagSizeBytes(tagLength)
            .setHashType(hash)
            .build();
    var secret = SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get());
    return PrfMac.create(HmacKey.builder().setParameters(parameters).setKeyBytes(secret).build());
  }
}
