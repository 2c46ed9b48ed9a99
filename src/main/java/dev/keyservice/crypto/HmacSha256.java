package dev.keyservice.crypto;

/// HMAC-SHA-256 (RFC 2104, RFC 4231), whose tags have 32 bytes.
public final class HmacSha256 {
  private HmacSha256() {}

  /// The tag of `data`. Nobody without the key can make one for other data.
  public static byte[] mac(SecretBytes key, byte[] data) {
    return new Hmac(Hmac.Hash.SHA256, key).tag(data);
  }

  /// Whether `tag` is the whole tag of `data`, in a time that does not depend on where it differs.
  public static boolean verify(SecretBytes key, byte[] data, byte[] tag) {
    return new Hmac(Hmac.Hash.SHA256, key).verify(data, tag);
  }
}
