package dev.keyservice.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// A directory that is there for as long as a command runs.
final class TemporaryDirectory {
  private TemporaryDirectory() {}

  /// @throws UsageError when none can be made
  static Path create(String prefix) {
    try {
      return Files.createTempDirectory(prefix).toRealPath();
    } catch (IOException e) {
      throw new UsageError("no temporary directory can be made: " + e.getMessage());
    }
  }

  /// Deletes it with all that is in it.
  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
