package dev.keyservice.crypto;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The canonical encoding of a sequence: each part as `length (uint32, big-endian) ‖ bytes`.
///
/// Two different sequences of parts never give the same bytes, which is what makes the result safe
/// to authenticate: `("ab", "c")` cannot be passed off as `("a", "bc")`, nor nothing as an empty
/// part. The number and the types of parts are fixed by whoever writes them, and a first part or
/// tag byte says for what.
public final class LengthPrefixed {
  private static final int NULL_LENGTH = 0xFFFF_FFFF;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  private LengthPrefixed() {}

  /// A sequence that begins with its first part.
  public static LengthPrefixed untagged() {
    return new LengthPrefixed();
  }

  /// A sequence that begins with one raw byte, the version of its layout.
  public static LengthPrefixed tagged(byte tag) {
    var sequence = new LengthPrefixed();
    sequence.out.write(tag);
    return sequence;
  }

  /// The bytes as they are; `null` is the length `0xFFFFFFFF` and nothing else.
  public LengthPrefixed bytes(byte @Nullable [] part) {
    if (part == null) {
      out.writeBytes(uint32(NULL_LENGTH));
    } else {
      out.writeBytes(uint32(part.length));
      out.writeBytes(part);
    }
    return this;
  }

  /// The text in UTF-8, or `null`.
  ///
  /// @throws IllegalArgumentException when it has no UTF-8 form. Java would write `?` for half a
  ///   surrogate pair, and two texts would be one.
  public LengthPrefixed text(@Nullable String part) {
    return bytes(part == null ? null : utf8(part));
  }

  /// Four bytes, big-endian.
  public LengthPrefixed int32(int part) {
    return bytes(uint32(part));
  }

  /// Eight bytes, big-endian.
  public LengthPrefixed int64(long part) {
    return bytes(ByteBuffer.allocate(Long.BYTES).putLong(part).array());
  }

  /// Sixteen bytes, the most significant first.
  public LengthPrefixed uuid(UUID part) {
    return bytes(
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(part.getMostSignificantBits())
            .putLong(part.getLeastSignificantBits())
            .array());
  }

  /// The sequence so far.
  public byte[] toByteArray() {
    return out.toByteArray();
  }

  private static byte[] uint32(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  private static byte[] utf8(String text) {
    try {
      var encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      var bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the text has no UTF-8 form", e);
    }
  }
}
