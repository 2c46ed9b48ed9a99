package dev.keyservice.crypto;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// Test vectors as text: `name: value` lines, a blank line between two vectors, `#` for the source.
public record Vectors(Map<String, String> values) {
  /// Every vector of `vectors/<name>.txt`.
  public static List<Vectors> read(String name) {
    return blocks(name).map(Vectors::parse).toList();
  }

  /// Every vector of a resource.
  public static List<Vectors> readResource(String path) {
    return blocksOf(path).map(Vectors::parse).toList();
  }

  /// The vectors as they are written, each without a blank line.
  static Stream<String> blocks(String name) {
    return blocksOf("/vectors/" + name + ".txt");
  }

  private static Stream<String> blocksOf(String path) {
    return Stream.of(text(path).split("\n\n", -1))
        .map(String::strip)
        .filter(block -> !block.startsWith("#"));
  }

  private static String text(String path) {
    try (var in = Vectors.class.getResourceAsStream(path)) {
      return new String(Objects.requireNonNull(in, path).readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Vectors parse(String block) {
    var values = new LinkedHashMap<String, String>();
    block
        .lines()
        .forEach(line -> {
          var colon = line.indexOf(':');
          values.put(line.substring(0, colon), line.substring(colon + 1).strip());
        });
    return new Vectors(values);
  }

  /// The value as it is written.
  public String string(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  /// The value as a decimal number.
  public int number(String name) {
    return Integer.parseInt(string(name));
  }

  /// The value as bytes in hex.
  public byte[] hex(String name) {
    return HexFormat.of().parseHex(string(name));
  }

  /// The value as a secret in hex.
  public SecretBytes secret(String name) {
    return SecretBytes.of(hex(name));
  }
}
