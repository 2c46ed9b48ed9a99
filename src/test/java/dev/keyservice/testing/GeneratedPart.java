package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The part of a document that is generated, between two comments.
///
/// @param from what it is generated from, as the comments say
public record GeneratedPart(Path document, String from) {
  /// Compares it, or with `-Ddocs.write=true` writes it first.
  ///
  /// @param test the one that does, for whoever has to run it
  public void assertIs(String text, Class<?> test) throws IOException {
    var begin = "<!-- generated from " + from + ": begin -->\n";
    var end = "<!-- generated from " + from + ": end -->\n";
    var now = Files.readString(document);
    var generated =
        now.substring(0, now.indexOf(begin) + begin.length())
            + text
            + now.substring(now.indexOf(end));
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(document, generated);
    }
    assertEquals(
        generated,
        Files.readString(document),
        "./mvnw surefire:test@default-test -Dtest=%s -Ddocs.write=true"
            .formatted(test.getSimpleName()));
  }
}
