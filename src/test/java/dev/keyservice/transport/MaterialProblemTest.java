package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MaterialProblemTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_]+)` \\| ");

  @Test
  void theDocumentHasARowForEach() throws IOException {
    var document = Files.readString(Path.of("docs/certificates.md"));
    var begin = document.indexOf("## What is refused");
    var section = document.substring(begin, document.indexOf("\n## ", begin));

    var documented =
        ROW.matcher(section).results().map(row -> row.group(1)).collect(Collectors.toSet());

    assertEquals(
        Arrays.stream(MaterialProblem.values())
            .map(MaterialProblem::label)
            .collect(Collectors.toSet()),
        documented);
  }
}
