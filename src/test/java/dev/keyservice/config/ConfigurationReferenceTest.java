package dev.keyservice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.GeneratedPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The documents say of the settings what the code says.
class ConfigurationReferenceTest {
  private static final GeneratedPart REFERENCE =
      new GeneratedPart(Path.of("docs/configuration.md"), "Setting");
  private static final Pattern ROW = Pattern.compile("\\| `(KEYSERVICE_[A-Z_]+)` \\|(.*)\\|");

  private static String table() {
    return Arrays.stream(Setting.values())
        .map(ConfigurationReferenceTest::row)
        .collect(
            Collectors.joining(
                "\n",
                "| variable | service | client | default | meaning |\n| --- | --- | --- | --- | --- |\n",
                "\n"));
  }

  private static String row(Setting setting) {
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            setting.variable(),
            setting.side() == Setting.Side.CLIENT ? "" : "yes",
            setting.side() == Setting.Side.SERVICE ? "" : "yes",
            setting.byDefault().map(value -> "`" + value + "`").orElse("none"),
            setting.meaning());
  }

  /// Run with `-Ddocs.write=true` to write it.
  @Test
  void theReferenceIsWhatTheCodeSays() throws IOException {
    REFERENCE.assertIs(table(), getClass());
  }

  @Test
  void theLimitsAreDescribedOnceWithTheirDefaults() throws IOException {
    var rows = new TreeMap<String, String>();
    for (var line : Files.readAllLines(Path.of("docs/limits.md"))) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        assertNull(rows.put(row.group(1), row.group(2)), row.group(1));
      }
    }

    var limits =
        Arrays.stream(Setting.values())
            .filter(setting -> setting.property().matches("keyservice\\.(limits|drain)\\..*"))
            .toList();
    assertEquals(
        new TreeSet<>(limits.stream().map(Setting::variable).toList()), rows.navigableKeySet());
    for (var limit : limits) {
      var value = "default `" + limit.byDefault().orElseThrow() + "`";
      assertTrue(rows.get(limit.variable()).contains(value), limit.variable());
    }
  }

  @Test
  void everySettingThatADocumentNamesExists() throws IOException {
    var known = Arrays.stream(Setting.values()).map(Setting::variable).toList();
    var name = Pattern.compile("(?<![A-Z_])KEYSERVICE_[A-Z_]*[A-Z]");
    for (var document : documents()) {
      var found = name.matcher(Files.readString(document));
      while (found.find()) {
        var setting = found.group();
        assertTrue(
            known.stream().anyMatch(one -> one.equals(setting) || one.startsWith(setting + "_")),
            () -> document + ": " + setting);
      }
    }
  }

  private static List<Path> documents() throws IOException {
    try (var files = Files.walk(Path.of("docs"))) {
      var all = files.filter(file -> file.toString().endsWith(".md")).collect(Collectors.toList());
      all.add(Path.of("README.md"));
      return all;
    }
  }
}
