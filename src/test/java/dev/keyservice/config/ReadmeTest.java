package dev.keyservice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The tables of settings in the README and in docs/limits.md are those of the code.
class ReadmeTest {
  private static final Pattern ROW = Pattern.compile("\\| `(KEYSERVICE_[A-Z_]+)` \\|(.*)\\|");

  @Test
  void theDocumentsListEverySettingOnceWithItsDefault() throws IOException {
    var rows = new TreeMap<String, String>();
    for (var document : List.of("README.md", "docs/limits.md")) {
      for (var line : Files.readAllLines(Path.of(document))) {
        var row = ROW.matcher(line);
        if (row.matches()) {
          assertNull(rows.put(row.group(1), row.group(2)), row.group(1));
        }
      }
    }

    var known = new TreeSet<>(Arrays.stream(Setting.values()).map(Setting::variable).toList());
    assertEquals(known, rows.keySet());
    for (var setting : Setting.values()) {
      setting
          .byDefault()
          .ifPresent(value ->
              assertTrue(
                  rows.get(setting.variable()).contains("default `" + value + "`"),
                  setting.variable()));
    }
  }
}
