package dev.keyservice.crypto;

import java.security.GeneralSecurityException;
import java.security.Provider;
import javax.crypto.Cipher;

/// Ciphers of one transformation, by the provider that the JDK prefers for it: it is looked for
/// once, since to go through all of them takes as long as to encrypt a kilobyte.
final class CipherSource {
  private final String transformation;
  private final Provider provider;

  CipherSource(String transformation) {
    try {
      this.transformation = transformation;
      this.provider = Cipher.getInstance(transformation).getProvider();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK offers no " + transformation, e);
    }
  }

  /// A new one, without a key.
  Cipher next() throws GeneralSecurityException {
    return Cipher.getInstance(transformation, provider);
  }
}
