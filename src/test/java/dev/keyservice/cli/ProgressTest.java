package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(shown, true, StandardCharsets.UTF_8);

  private String text() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void isABarOnATerminal() {
    var progress = new Progress(err, true, 100, 0);

    progress.end(50, 1_234, 1);

    assertTrue(
        text().contains("[###############...............]  50 %, 1,234 items, 1 failed"), text());
    assertTrue(text().stripTrailing().endsWith("[K"), text());
  }

  @Test
  void isALineElsewhereAndOnlyNowAndThen() {
    var progress = new Progress(err, false, 100, 0);

    progress.at(1, 1, 0);
    progress.at(2, 2, 0);
    assertEquals("", text());
    progress.end(100, 100, 0);

    assertTrue(text().startsWith("keyservice: 100 %, 100 items, 0 failed, "), text());
    assertEquals(1, text().lines().count());
  }

  @Test
  void nothingToDoIsAllDone() {
    new Progress(err, false, 0, 0).end(0, 0, 0);

    assertTrue(text().contains("100 %"), text());
  }
}
