package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchMethodTest {
  private static final KeyPath KEY = KeyPath.parse("ring/key");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "nonsense",
        "{\"plain\":\"\"}",
        "{\"plaintext\":\"%\"}",
        "{\"plaintext\":1}",
        "{\"plaintext\":\"\"",
        "{\"ciphertext\":\"\"}",
      })
  void refusesALineThatIsNoItemByItsNumber(String text) {
    var refused =
        assertThrows(
            UsageError.class, () -> BatchMethod.encrypt(KEY).item(new ItemLines.Line(7, text)));

    assertTrue(refused.getMessage().startsWith("line 7 is no item: "), refused.getMessage());
  }

  @Test
  void countsBytesAsTheServiceDoes() {
    var plain = "{\"plaintext\":\"AAAA\",\"additionalAuthenticatedData\":\"AAA=\"}";
    var sealed = "{\"ciphertext\":\"" + "AAAA".repeat(22) + "\"}";
    var moved =
        "{\"ciphertext\":\"AAAA\",\"sourceAdditionalAuthenticatedData\":\"AAAA\","
            + "\"destinationAdditionalAuthenticatedData\":\"AA==\"}";

    assertEquals(5, size(BatchMethod.encrypt(KEY), plain));
    assertEquals(2, size(BatchMethod.decrypt(KEY), sealed));
    assertEquals(4, size(BatchMethod.reEncrypt(KEY, KEY), moved));
  }

  private static <I extends com.google.protobuf.Message> int size(
      BatchMethod<I, ?> method, String line) {
    return method.size().applyAsInt(method.item(new ItemLines.Line(1, line)));
  }

  @Test
  void readsLinesWithAndWithoutALastNewline() {
    var lines =
        new ItemLines("input", new ByteArrayInputStream("a\n\nb".getBytes(StandardCharsets.UTF_8)));

    assertEquals(Optional.of(new ItemLines.Line(1, "a")), lines.next());
    assertEquals(Optional.of(new ItemLines.Line(2, "")), lines.next());
    assertEquals(Optional.of(new ItemLines.Line(3, "b")), lines.next());
    assertEquals(Optional.empty(), lines.next());
    assertEquals(4, lines.bytes());
  }
}
