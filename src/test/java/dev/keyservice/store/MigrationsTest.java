package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  @Test
  void listsEveryScriptThatIsThere() throws Exception {
    var directory =
        Objects.requireNonNull(getClass().getClassLoader().getResource(Migrations.DIRECTORY));
    try (var files = Files.list(Path.of(directory.toURI()))) {
      var names = files.map(file -> file.getFileName().toString()).sorted().toList();

      assertEquals(names, Migrations.SCRIPTS);
    }
  }
}
