package dev.keyservice.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditTailTest {
  @TempDir Path dir;

  private void put(long number, String text) throws IOException {
    var _ =
        Files.writeString(
            AuditFiles.file(dir, number),
            text,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
  }

  private List<String> last(int lines) throws IOException {
    return AuditTail.of(dir, lines).next();
  }

  @Test
  void theLastLinesAreThoseOfTheLastFiles() throws Exception {
    put(1, "a\nb\n");
    put(2, "c\n");
    put(3, "d\ne\n");

    assertEquals(List.of(), last(0));
    assertEquals(List.of("e"), last(1));
    assertEquals(List.of("d", "e"), last(2));
    assertEquals(List.of("c", "d", "e"), last(3));
    assertEquals(List.of("b", "c", "d", "e"), last(4));
    assertEquals(List.of("a", "b", "c", "d", "e"), last(5));
    assertEquals(List.of("a", "b", "c", "d", "e"), last(6));
  }

  @Test
  void aLineIsReadWhenItIsWhole() throws Exception {
    put(1, "a\nb");
    var tail = AuditTail.of(dir, 5);
    assertEquals(List.of("a"), tail.next());

    put(1, "b");
    assertEquals(List.of(), tail.next());
    put(1, "\nc");
    assertEquals(List.of("bb"), tail.next());
  }

  @Test
  void aLongLineIsReadWhole() throws Exception {
    put(1, "a\n");
    var tail = AuditTail.of(dir, 0);
    var longLine = "x".repeat(200_000);
    put(1, "short\n" + longLine + "\nshort\n");

    assertEquals(List.of("short", longLine, "short"), tail.next());
  }

  @Test
  void nothingIsLeftOutWhenFilesBegin() throws Exception {
    var trail = new Trail(dir).withFilesOf(1_000);
    var read = new ArrayList<String>();
    try (var log = trail.open()) {
      var tail = AuditTail.of(dir, 100);
      for (var i = 0; i < 40; i++) {
        Trail.record(log, Trail.call("app" + i));
        read.addAll(tail.next());
      }
      assertEquals(40, read.stream().filter(line -> line.contains("\"call\"")).count());
    }
    assertEquals(true, AuditFiles.list(dir).size() > 5);
  }

  @Test
  void aDirectoryWithoutAChainHasNoEnd() {
    assertThrows(NoSuchFileException.class, () -> last(1));
  }
}
