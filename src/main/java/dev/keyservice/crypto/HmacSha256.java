package dev.keyservice.crypto;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;

/// HMAC-SHA-256 (RFC 2104, RFC 4231), whose tags have 32 bytes.
public final class HmacSha256 {
  private HmacSha256() {}

  /// The tag of `data`. Nobody without the key can make one for other data.
  public static byte[] mac(SecretBytes key, byte[] data) {
    return key.use(bytes -> {
      try {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new LentKey("HmacSHA256", bytes));
        return mac.doFinal(data);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("the JDK offers no HMAC-SHA-256", e);
      }
    });
  }

  /// Whether `tag` is the whole tag of `data`, in a time that does not depend on where it differs.
  public static boolean verify(SecretBytes key, byte[] data, byte[] tag) {
    return MessageDigest.isEqual(mac(key, data), tag);
  }
}
