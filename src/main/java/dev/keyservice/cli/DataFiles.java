package dev.keyservice.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options `--in` and `--out`: raw bytes from files, or on the standard streams.
final class DataFiles {
  @Option(names = "--in", paramLabel = "FILE", description = "Read from FILE, not standard input.")
  private @Nullable Path in;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write to FILE, not standard output. The file appears whole or not at all.")
  private @Nullable Path out;

  /// Reads the input.
  ///
  /// @param tooLarge what to say when there are more bytes than `limit`, after the name of the
  ///   input
  byte[] input(Shell shell, int limit, String tooLarge) {
    return in == null
        ? read("standard input", shell.in(), limit, tooLarge)
        : read(in, limit, tooLarge);
  }

  /// Reads a file.
  ///
  /// @param tooLarge what to say when there are more bytes than `limit`, after its name
  static byte[] read(Path file, int limit, String tooLarge) {
    try (var stream = Files.newInputStream(file)) {
      return read(file.toString(), stream, limit, tooLarge);
    } catch (IOException e) {
      throw new UsageError(problem(file, e));
    }
  }

  static byte[] read(String name, InputStream stream, int limit, String tooLarge) {
    try {
      var bytes = stream.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new UsageError(name + " " + tooLarge);
      }
      return bytes;
    } catch (IOException e) {
      throw new UsageError(name + " cannot be read: " + e.getMessage());
    }
  }

  /// Writes the output.
  ///
  /// @param secret whether a file may be read by its owner only
  void output(Shell shell, byte[] bytes, boolean secret) {
    output(shell, out, bytes, secret);
  }

  /// Writes to a file, or to standard output when there is none.
  static void output(Shell shell, @Nullable Path file, byte[] bytes, boolean secret) {
    if (file != null) {
      save(file, bytes, secret);
      return;
    }
    try {
      shell.out().write(bytes);
      shell.out().flush();
    } catch (IOException e) {
      throw new UsageError("standard output cannot be written");
    }
  }

  /// Writes a file, which appears whole or not at all.
  ///
  /// @param secret whether it may be read by its owner only
  static void save(Path file, byte[] bytes, boolean secret) {
    try {
      write(file, bytes, secret);
    } catch (IOException e) {
      throw new UsageError(problem(file, e));
    }
  }

  private static void write(Path file, byte[] bytes, boolean secret) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A device or a pipe must be written to, not replaced.
      Files.write(file, bytes);
      return;
    }
    // Through a link to the file that it stands for.
    var target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    var partial = newFileBeside(target, secret);
    try {
      Files.write(partial, bytes);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /// Made with its mode: there is no moment at which others could open a secret.
  private static Path newFileBeside(Path target, boolean secret) throws IOException {
    Set<PosixFilePermission> mode =
        PosixFilePermissions.fromString(secret ? "rw-------" : "rw-r--r--");
    return Files.createTempFile(
        target.getParent(),
        "." + target.getFileName() + ".",
        ".part",
        PosixFilePermissions.asFileAttribute(mode));
  }

  /// What is wrong with a file, in one line.
  static String problem(Path file, IOException failure) {
    return switch (failure) {
      case NoSuchFileException e -> file + ": there is no such file or directory";
      case AccessDeniedException e -> file + ": this user may not";
      default -> file + ": " + failure.getMessage();
    };
  }
}
