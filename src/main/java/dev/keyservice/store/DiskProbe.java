package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Finds out whether the disk of the store takes a write, by one of a page.
final class DiskProbe {
  private static final int PAGE = 4_096;

  private final Path file;

  /// @param store the database, beside which it writes
  DiskProbe(Path store) {
    this.file = store.resolveSibling(store.getFileName() + "-probe");
  }

  /// Blocks until the disk has answered.
  ///
  /// @throws Failure.Unavailable when it does not take a write
  void requireWritable() {
    try {
      try (var channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        var page = ByteBuffer.allocate(PAGE);
        while (page.hasRemaining()) {
          var _ = channel.write(page);
        }
        channel.force(true);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new Failure.Unavailable(
          Reason.STORE_UNAVAILABLE, "the disk of the store takes no write: " + cause(e));
    }
  }

  /// Without the path that the JDK puts before it.
  private static String cause(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "its directory is gone";
      case FileSystemException file when file.getReason() != null -> file.getReason();
      case FileSystemException file -> file.getClass().getSimpleName();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
