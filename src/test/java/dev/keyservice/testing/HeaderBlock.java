package dev.keyservice.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Headers as a client writes them that keeps no table: literals without indexing (RFC 7541
/// §6.2.2), in any order, with any names and values, repeated as often as one likes.
public record HeaderBlock(List<Map.Entry<String, String>> headers) {
  private static final int LITERAL_WITHOUT_INDEXING = 0;
  private static final int SEVEN_BITS = 127;

  public HeaderBlock {
    headers = List.copyOf(headers);
  }

  /// What gRPC demands of a call of this path.
  public static HeaderBlock ofCall(String path) {
    return new HeaderBlock(
        List.of(
            Map.entry(":method", "POST"),
            Map.entry(":scheme", "https"),
            Map.entry(":path", path),
            Map.entry(":authority", "localhost"),
            Map.entry("te", "trailers"),
            Map.entry("content-type", "application/grpc")));
  }

  /// The same and one more, at the end.
  public HeaderBlock and(String name, String value) {
    var more = new ArrayList<>(headers);
    more.add(Map.entry(name, value));
    return new HeaderBlock(more);
  }

  /// The same with another value of this header, where it was.
  public HeaderBlock with(String name, String value) {
    return new HeaderBlock(
        headers.stream()
            .map(header -> header.getKey().equals(name) ? Map.entry(name, value) : header)
            .toList());
  }

  /// The same without this header.
  public HeaderBlock without(String name) {
    return new HeaderBlock(
        headers.stream().filter(header -> !header.getKey().equals(name)).toList());
  }

  /// As in HEADERS and CONTINUATION.
  public byte[] bytes() {
    var block = new ByteArrayOutputStream();
    for (var header : headers) {
      block.write(LITERAL_WITHOUT_INDEXING);
      write(block, header.getKey());
      write(block, header.getValue());
    }
    return block.toByteArray();
  }

  private static void write(ByteArrayOutputStream block, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    writeLength(block, bytes.length);
    block.writeBytes(bytes);
  }

  /// RFC 7541 §5.1, with a prefix of seven bits.
  private static void writeLength(ByteArrayOutputStream block, int length) {
    if (length < SEVEN_BITS) {
      block.write(length);
      return;
    }
    block.write(SEVEN_BITS);
    var rest = length - SEVEN_BITS;
    for (; rest >= 128; rest >>= 7) {
      block.write(128 | (rest & SEVEN_BITS));
    }
    block.write(rest);
  }
}
