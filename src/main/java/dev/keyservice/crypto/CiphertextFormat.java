package dev.keyservice.crypto;

import dev.keyservice.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Ciphertext format 1, what callers store: `0x01 ‖ key version (uint32) ‖ sealed`.
///
/// `sealed` is what [Aead#seal] returns, `nonce ‖ ciphertext ‖ tag`. Everything is big-endian.
/// `docs/ciphertext-format.md` describes it byte by byte, with test vectors.
public final class CiphertextFormat {
  private static final byte FORMAT_1 = 0x01;
  private static final int HEADER_BYTES = 1 + Integer.BYTES;
  private static final String DOMAIN = "keyservice/v1";

  private CiphertextFormat() {}

  /// Prepends the header.
  ///
  /// @param keyVersion the version that sealed it, from 1
  public static byte[] encode(int keyVersion, byte[] sealed) {
    if (keyVersion < 1) {
      throw new IllegalArgumentException("key versions count from 1");
    }
    return ByteBuffer.allocate(HEADER_BYTES + sealed.length)
        .put(FORMAT_1)
        .putInt(keyVersion)
        .put(sealed)
        .array();
  }

  /// Takes the header off. The version is only a claim until the rest opens: the associated data
  /// binds it.
  ///
  /// @throws Failure [Failure#cannotDecrypt()] when the header is short, of another format, or
  ///   names a version outside 1 to 2^31-1
  public static Parsed parse(byte[] ciphertext) {
    if (ciphertext.length < HEADER_BYTES || ciphertext[0] != FORMAT_1) {
      throw Failure.cannotDecrypt();
    }
    // Versions above 2^31-1 come out negative.
    var keyVersion = ByteBuffer.wrap(ciphertext).getInt(1);
    if (keyVersion < 1) {
      throw Failure.cannotDecrypt();
    }
    return new Parsed(keyVersion, Arrays.copyOfRange(ciphertext, HEADER_BYTES, ciphertext.length));
  }

  /// What the AEAD authenticates beside the plaintext, as a [LengthPrefixed] sequence: ASCII
  /// `keyservice/v1`, the key's uid (16 bytes), the key version (uint32), the algorithm's name in
  /// ASCII, the caller's additional data.
  ///
  /// So a ciphertext opens only under the key, version and algorithm that made it, even if two keys
  /// had the same material.
  public static byte[] associatedData(
      UUID keyUid, int keyVersion, Algorithm algorithm, byte[] callerAad) {
    return LengthPrefixed.untagged()
        .text(DOMAIN)
        .uuid(keyUid)
        .int32(keyVersion)
        .text(algorithm.name())
        .bytes(callerAad)
        .toByteArray();
  }

  /// A ciphertext without its header.
  ///
  /// @param keyVersion the version that it claims, from 1 to 2^31-1
  /// @param sealed what is left for [Aead#open]; possibly too short for it
  @SuppressWarnings("ArrayRecordComponent") // compared by content, see equals
  public record Parsed(int keyVersion, byte[] sealed) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Parsed that
          && keyVersion == that.keyVersion
          && Arrays.equals(sealed, that.sealed);
    }

    @Override
    public int hashCode() {
      return Objects.hash(keyVersion, Arrays.hashCode(sealed));
    }

    @Override
    public String toString() {
      return "Parsed[keyVersion=" + keyVersion + ", " + sealed.length + " bytes]";
    }
  }
}
