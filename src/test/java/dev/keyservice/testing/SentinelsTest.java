package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A search that finds nothing proves nothing unless it would have found something.
class SentinelsTest {
  private final Sentinels sentinels = new Sentinels();
  private final String secret = sentinels.hide("plaintext");

  @Test
  void findsWhatStandsThereAsItIs() {
    assertEquals(List.of("plaintext in log"), sentinels.in("log", "a line with " + secret + "."));
    assertEquals(List.of(), sentinels.in("log", "a line with Sentinel."));
  }

  @Test
  void findsHexadecimal() {
    var hex = HexFormat.of().formatHex(secret.getBytes(StandardCharsets.UTF_8));

    assertEquals(List.of("plaintext in hexadecimal in log"), sentinels.in("log", "0x" + hex));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "ab", "abc", "abcd"})
  void findsBase64WhereverItBegins(String before) {
    for (var after : List.of("", "x", "xy", "xyz")) {
      var text = (before + secret + after).getBytes(StandardCharsets.UTF_8);

      assertEquals(
          List.of("plaintext in base64 in log"),
          sentinels.in("log", Base64.getEncoder().encodeToString(text)));
      assertEquals(
          List.of("plaintext in base64 in log"),
          sentinels.in("log", Base64.getUrlEncoder().withoutPadding().encodeToString(text)));
    }
  }

  @Test
  void findsBytesAndLooksIntoEveryFile(@TempDir Path directory) throws Exception {
    var key = new byte[] {-1, 0, 7, -128, 55, 66, 77, 88, -99, 3, 4, 5};
    sentinels.hide("key", key);
    Files.createDirectories(directory.resolve("a/b"));
    var _ = Files.write(directory.resolve("a/b/file"), key);

    assertEquals(List.of("key in a/b/file"), sentinels.inFiles(directory));
  }
}
