package dev.keyservice.store;

import dev.keyservice.crypto.LengthPrefixed;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/// Labels as one column: `0x01`, then label and value in turn, each preceded by its length, in the
/// order of the labels.
final class Labels {
  private static final byte FORMAT = 0x01;

  private Labels() {}

  static byte[] encode(SortedMap<String, String> labels) {
    var sequence = LengthPrefixed.tagged(FORMAT);
    for (var label : labels.entrySet()) {
      var _ = sequence.text(label.getKey()).text(label.getValue());
    }
    return sequence.toByteArray();
  }

  /// @throws IllegalArgumentException when it is not what [#encode] returned
  static SortedMap<String, String> decode(byte[] encoded) {
    var in = ByteBuffer.wrap(encoded);
    var labels = new TreeMap<String, String>();
    try {
      if (in.get() != FORMAT) {
        throw new IllegalArgumentException("labels of another format");
      }
      while (in.hasRemaining()) {
        labels.put(text(in), text(in));
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("labels are cut short", e);
    }
    return labels;
  }

  private static String text(ByteBuffer in) {
    var length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    var bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
