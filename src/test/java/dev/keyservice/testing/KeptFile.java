package dev.keyservice.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/// Files of the stores that are kept, in `src/test/resources/stores`.
public final class KeptFile {
  private KeptFile() {}

  /// Copies one, for its owner alone. A kept store is not opened in place: opening changes the
  /// file, and Git keeps neither empty files nor modes.
  ///
  /// @param store such as `format-1`
  public static void copy(String store, String name, Path into) throws IOException {
    var target = Files.createDirectories(into).resolve(name);
    try (var in = KeptFile.class.getResourceAsStream("/stores/" + store + "/" + name)) {
      Files.write(target, Objects.requireNonNull(in, name).readAllBytes());
    }
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
  }
}
