package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Bytes say one sequence of parts at most, so no two sequences have the same bytes.
class LengthPrefixedFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("length-prefixed sequences");

  private static final int NULL_LENGTH = -1;

  @FuzzTest
  void sequencesCanBeToldApart(byte[] bytes) {
    FUZZING.count();
    decoded(bytes).ifPresent(parts -> assertArrayEquals(bytes, encoded(parts)));

    var parts = split(bytes);
    assertEquals(texts(parts), texts(decoded(encoded(parts)).orElseThrow()));
  }

  private static byte[] encoded(List<Optional<byte[]>> parts) {
    var sequence = LengthPrefixed.untagged();
    parts.forEach(part -> {
      var _ = sequence.bytes(part.orElse(null));
    });
    return sequence.toByteArray();
  }

  /// Reads it as a stranger would; empty when it is none.
  private static Optional<List<Optional<byte[]>>> decoded(byte[] bytes) {
    var parts = new ArrayList<Optional<byte[]>>();
    var rest = ByteBuffer.wrap(bytes);
    while (rest.remaining() >= Integer.BYTES) {
      var length = rest.getInt();
      if (length < NULL_LENGTH || length > rest.remaining()) {
        return Optional.empty();
      }
      parts.add(length == NULL_LENGTH ? Optional.empty() : Optional.of(taken(rest, length)));
    }
    return rest.hasRemaining() ? Optional.empty() : Optional.of(parts);
  }

  /// Makes parts of whatever bytes there are: each is as long as the byte before it says, and 0xFF
  /// stands for none.
  private static List<Optional<byte[]>> split(byte[] bytes) {
    var parts = new ArrayList<Optional<byte[]>>();
    var rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      var length = rest.get();
      parts.add(
          length == NULL_LENGTH
              ? Optional.empty()
              : Optional.of(taken(rest, Math.min(length & 0xFF, rest.remaining()))));
    }
    return parts;
  }

  private static byte[] taken(ByteBuffer from, int length) {
    var part = new byte[length];
    from.get(part);
    return part;
  }

  private static List<String> texts(List<Optional<byte[]>> parts) {
    return parts.stream().map(part -> part.map(Arrays::toString).orElse("none")).toList();
  }
}
