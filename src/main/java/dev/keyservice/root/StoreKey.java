package dev.keyservice.root;

import dev.keyservice.crypto.Hkdf;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.crypto.XAes256Gcm;
import java.nio.ByteBuffer;
import java.util.UUID;

/// One unwrapped store key, as the keys that HKDF makes of it: one for each use, so that nothing
/// made for one use can be passed off as another's.
final class StoreKey implements AutoCloseable {
  static final int KEY_BYTES = 32;

  private final SecretBytes materialKey;
  private final XAes256Gcm material;
  private final SecretBytes changeLog;
  private final SecretBytes requests;
  private final SecretBytes nonceBlock;
  private final SecretBytes usage;
  private final SecretBytes pageTokenKey;
  private final XAes256Gcm pageTokens;

  /// @param secret stays the caller's to close
  StoreKey(UUID storeId, SecretBytes secret) {
    if (secret.length() != KEY_BYTES) {
      throw new IllegalArgumentException("a store key has " + KEY_BYTES + " bytes");
    }
    var salt = bytes(storeId);
    materialKey = Hkdf.sha256(secret, salt, "keyservice/v1 material", KEY_BYTES);
    changeLog = Hkdf.sha256(secret, salt, "keyservice/v1 change-log", KEY_BYTES);
    requests = Hkdf.sha256(secret, salt, "keyservice/v1 request", KEY_BYTES);
    nonceBlock = Hkdf.sha256(secret, salt, "keyservice/v1 nonce-block", KEY_BYTES);
    usage = Hkdf.sha256(secret, salt, "keyservice/v1 usage", KEY_BYTES);
    pageTokenKey = Hkdf.sha256(secret, salt, "keyservice/v1 page-token", KEY_BYTES);
    material = new XAes256Gcm(materialKey);
    pageTokens = new XAes256Gcm(pageTokenKey);
  }

  /// What binds a wrapped store key to its row and store.
  static byte[] wrappingAad(UUID storeId, int id, String rootKeyId) {
    return LengthPrefixed.untagged()
        .text("keyservice/v1 store-key")
        .uuid(storeId)
        .int32(id)
        .text(rootKeyId)
        .toByteArray();
  }

  XAes256Gcm material() {
    return material;
  }

  SecretBytes changeLog() {
    return changeLog;
  }

  SecretBytes requests() {
    return requests;
  }

  SecretBytes nonceBlock() {
    return nonceBlock;
  }

  SecretBytes usage() {
    return usage;
  }

  XAes256Gcm pageTokens() {
    return pageTokens;
  }

  @Override
  public void close() {
    materialKey.close();
    changeLog.close();
    requests.close();
    nonceBlock.close();
    usage.close();
    pageTokenKey.close();
  }

  private static byte[] bytes(UUID uuid) {
    return ByteBuffer.allocate(16)
        .putLong(uuid.getMostSignificantBits())
        .putLong(uuid.getLeastSignificantBits())
        .array();
  }
}
