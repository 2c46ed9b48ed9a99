package dev.keyservice.crypto;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/// HMAC with SHA-2 (RFC 2104, FIPS 198-1; vectors in RFC 4231). The tag is as long as the hash, and
/// never truncated.
final class Hmac implements Mac {
  /// Which hash.
  enum Hash {
    SHA256("HmacSHA256"),
    SHA384("HmacSHA384"),
    SHA512("HmacSHA512");

    private final String jdkName;

    Hash(String jdkName) {
      this.jdkName = jdkName;
    }
  }

  private final Hash hash;
  private final SecretBytes key;

  /// @param key which stays the caller's to close
  Hmac(Hash hash, SecretBytes key) {
    this.hash = hash;
    this.key = key;
  }

  @Override
  public byte[] tag(byte[] message) {
    return key.use(bytes -> {
      try {
        var mac = javax.crypto.Mac.getInstance(hash.jdkName);
        mac.init(new LentKey(hash.jdkName, bytes));
        return mac.doFinal(message);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the JDK offers no " + hash.jdkName, e);
      }
    });
  }

  @Override
  public boolean verify(byte[] message, byte[] tag) {
    return MessageDigest.isEqual(tag(message), tag);
  }
}
