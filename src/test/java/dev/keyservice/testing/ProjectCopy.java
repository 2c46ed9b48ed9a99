package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The sources of this project in another place, to be edited and built there.
///
/// @param directory where they are
public record ProjectCopy(Path directory) {
  private static final Set<String> NOT_SOURCE = Set.of("target", ".git", ".dev");

  /// Copies them.
  ///
  /// @param directory which exists, and is empty
  public static ProjectCopy into(Path directory) throws IOException {
    var project = Path.of("").toAbsolutePath();
    var _ =
        Files.walkFileTree(
            project,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
                  throws IOException {
                if (NOT_SOURCE.contains(String.valueOf(from.getFileName()))) {
                  return FileVisitResult.SKIP_SUBTREE;
                }
                var _ = Files.createDirectories(directory.resolve(project.relativize(from)));
                return FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                  throws IOException {
                var _ = Files.copy(file, directory.resolve(project.relativize(file)));
                return FileVisitResult.CONTINUE;
              }
            });
    assertTrue(directory.resolve("mvnw").toFile().setExecutable(true));
    return new ProjectCopy(directory);
  }

  /// A file of it.
  public Path file(String name) {
    return directory.resolve(name);
  }

  /// Its Maven, with the local repository of this build, and no setting of the machine's.
  public ProcessBuilder maven(String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                file("mvnw").toString(),
                "-B",
                "-Dmaven.repo.local=" + System.getProperty("packaged.repository")));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("KEYSERVICE_"));
    return builder;
  }
}
