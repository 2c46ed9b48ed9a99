package dev.keyservice.crypto;

import java.util.Arrays;
import javax.crypto.SecretKey;

/// Bytes dressed as a JCA key, for one operation of one thread.
///
/// `SecretKeySpec` copies what it is given and cannot erase the copy. This class copies only when
/// the JDK asks for it in [#getEncoded]. Block cipher, HMAC and HKDF erase that copy themselves; an
/// encrypting GCM cipher keeps it to refuse the same nonce twice, so [#destroy] erases it too. What
/// remains out of reach is the expanded key inside the cipher, which is garbage by then.
final class LentKey implements SecretKey {
  private final String algorithm;
  private final transient byte[] bytes;
  private transient byte[] copy = {};

  /// @param bytes neither copied nor, but by [#destroy], changed
  LentKey(String algorithm, byte[] bytes) {
    this.algorithm = algorithm;
    this.bytes = bytes;
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  @Override
  public byte[] getEncoded() {
    copy = bytes.clone();
    return copy;
  }

  /// Erases the bytes and the copy: for whoever owns the bytes, when the operation is over.
  @Override
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
    Arrays.fill(copy, (byte) 0);
  }

  private Object writeReplace() {
    throw new UnsupportedOperationException("a key is never serialized");
  }

  @Override
  public String toString() {
    return "LentKey[" + algorithm + "]";
  }
}
