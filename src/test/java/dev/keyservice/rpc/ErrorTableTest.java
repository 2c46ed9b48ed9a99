package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.failure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The table in `docs/errors.md` says what the code does.
class ErrorTableTest {
  private static final Pattern ROW =
      Pattern.compile("\\| ([A-Z_]+) \\| ([A-Z_]+) \\| [^|]+ \\| ([a-z ]+) \\|");

  @Test
  void listsEveryReasonWithItsCodeAndWhetherToRetry() throws IOException {
    var documented = new TreeMap<String, String>();
    for (var line : Files.readAllLines(Path.of("docs/errors.md"))) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        documented.put(row.group(2), row.group(1) + ", retry: " + row.group(3));
      }
    }

    assertEquals(implemented(), documented);
  }

  private static Map<String, String> implemented() {
    var implemented = new TreeMap<String, String>();
    for (var reason : Reason.values()) {
      implemented.put(
          reason.name(),
          StatusMapping.code(reason)
              + ", retry: "
              + reason.retry().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    return implemented;
  }
}
