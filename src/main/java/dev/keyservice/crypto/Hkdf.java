package dev.keyservice.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/// HKDF, which makes independent keys of one (RFC 5869).
public final class Hkdf {
  private Hkdf() {}

  /// HKDF-SHA256, extract and expand. Keys of different `info` tell nothing about each other.
  ///
  /// @param ikm the key to derive from, which stays the caller's to close
  /// @param salt may be empty
  /// @param info what the new key is for, in UTF-8
  /// @param length of the new key in bytes, at most 8160
  /// @return the new key, which the caller closes
  public static SecretBytes sha256(SecretBytes ikm, byte[] salt, String info, int length) {
    return sha256(ikm, salt, info.getBytes(StandardCharsets.UTF_8), length);
  }

  static SecretBytes sha256(SecretBytes ikm, byte[] salt, byte[] info, int length) {
    return ikm.use(bytes -> {
      try {
        var parameters =
            HKDFParameterSpec.ofExtract()
                .addIKM(new LentKey("Generic", bytes))
                .addSalt(salt)
                .thenExpand(info, length);
        return SecretBytes.of(KDF.getInstance("HKDF-SHA256").deriveData(parameters));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the JDK offers no HKDF of this length", e);
      }
    });
  }
}
