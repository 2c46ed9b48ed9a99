package dev.keyservice.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The files of an audit log as anybody sees them.
public final class AuditTrail {
  private AuditTrail() {}

  /// The files of a directory, the oldest first.
  public static List<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
    }
  }

  /// Their lines, the oldest first.
  public static List<String> lines(Path directory) throws IOException {
    var lines = new ArrayList<String>();
    for (var file : files(directory)) {
      lines.addAll(Files.readAllLines(file));
    }
    return lines;
  }

  /// How many lines have all of these in them.
  public static long count(List<String> lines, String... parts) {
    return lines.stream().filter(line -> List.of(parts).stream().allMatch(line::contains)).count();
  }

  /// What `audit verify` says of a directory.
  ///
  /// @param exitCode how it is to end
  public static String verify(
      int exitCode, Installation installation, Path directory, String... options)
      throws IOException, InterruptedException {
    var arguments = new ArrayList<>(List.of("audit", "verify", directory.toString()));
    arguments.addAll(List.of(options));
    return Program.run(exitCode, installation, arguments.toArray(String[]::new));
  }
}
