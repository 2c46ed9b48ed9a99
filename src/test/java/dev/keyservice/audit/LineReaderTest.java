package dev.keyservice.audit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineReaderTest {
  private static final int[] LENGTHS = {
    0, 1, 400, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000, 3, LineReader.LONGEST
  };

  @TempDir Path directory;

  private final Random random = new Random(1);

  /// Any bytes but newlines.
  private byte[] text(int length) {
    var text = new byte[length];
    random.nextBytes(text);
    for (var i = 0; i < length; i++) {
      if (text[i] == '\n') {
        text[i] = 0;
      }
    }
    return text;
  }

  @Test
  void readsLinesOfEveryLengthAndSaysWhatIsTorn() throws Exception {
    var lines = Arrays.stream(LENGTHS).mapToObj(this::text).toList();
    var torn = text(100_000);
    var file = new ByteArrayOutputStream();
    for (var line : lines) {
      file.writeBytes(line);
      file.write('\n');
    }
    file.writeBytes(torn);

    try (var reader = new LineReader(Files.write(directory.resolve("file"), file.toByteArray()))) {
      for (var line : lines) {
        var read = reader.next();
        assertNotNull(read);
        assertArrayEquals(line, read.bytes());
        assertEquals(line.length, read.length());
        assertFalse(read.isTooLong());
      }
      assertNull(reader.next());
      assertEquals(torn.length, reader.torn().length());
      var sha256 = MessageDigest.getInstance("SHA-256").digest(torn);
      assertEquals(HexFormat.of().formatHex(sha256), reader.torn().sha256());
    }
  }

  @Test
  void keepsOnlyTheBeginningOfALineThatIsTooLong() throws Exception {
    var line = text(LineReader.LONGEST + 70_000);
    var file = directory.resolve("file");
    Files.write(file, line);
    Files.writeString(file, "\nnext\n", StandardOpenOption.APPEND);

    try (var reader = new LineReader(file)) {
      var read = reader.next();
      assertNotNull(read);
      assertTrue(read.isTooLong());
      assertEquals(line.length, read.length());
      assertArrayEquals(Arrays.copyOf(line, LineReader.LONGEST), read.bytes());
      var next = reader.next();
      assertNotNull(next);
      assertEquals("next", new String(next.bytes(), StandardCharsets.UTF_8));
    }
  }
}
