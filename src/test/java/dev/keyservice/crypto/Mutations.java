package dev.keyservice.crypto;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Every way to damage bytes a little.
public final class Mutations {
  private Mutations() {}

  /// The bytes with one bit flipped, for every bit.
  public static Stream<byte[]> flips(byte[] bytes) {
    return IntStream.range(0, bytes.length * 8).mapToObj(bit -> flip(bytes, bit));
  }

  /// Every proper prefix, the empty one included.
  public static Stream<byte[]> truncations(byte[] bytes) {
    return IntStream.range(0, bytes.length).mapToObj(length -> Arrays.copyOf(bytes, length));
  }

  /// One byte more, at either end.
  public static Stream<byte[]> extensions(byte[] bytes) {
    var after = Arrays.copyOf(bytes, bytes.length + 1);
    var before = new byte[bytes.length + 1];
    System.arraycopy(bytes, 0, before, 1, bytes.length);
    return Stream.of(after, before);
  }

  /// All of the above.
  public static Stream<byte[]> all(byte[] bytes) {
    return Stream.of(flips(bytes), truncations(bytes), extensions(bytes)).flatMap(each -> each);
  }

  private static byte[] flip(byte[] bytes, int bit) {
    var changed = bytes.clone();
    changed[bit / 8] ^= (byte) (1 << bit % 8);
    return changed;
  }
}
