package dev.keyservice.store;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/// The database as a file, before any database driver touches it.
final class StoreFile {
  static final String SETTING = "KEYSERVICE_STORE_PATH";

  /// How every SQLite database begins (sqlite.org/fileformat2.html §1.3).
  private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

  private StoreFile() {}

  /// Makes sure that there is a file that can hold the store: makes it with its directory, for
  /// nobody else to read, or checks the one that is there.
  ///
  /// @throws SettingRefused naming `KEYSERVICE_STORE_PATH`, with what to do
  static void prepare(Path file) {
    refuseWhatTheDriverReadsDifferently(file);
    var directory = directory(file);
    try {
      Files.createDirectories(directory, mode("rwx------"));
      if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
        create(file, directory);
      }
      check(file, directory);
    } catch (UnsupportedOperationException e) {
      throw refused(
          file
              + " is on a file system without POSIX permissions, which cannot keep it from others");
    } catch (IOException e) {
      throw refused(
          file + " cannot be made or read by the user of this process (" + cause(e) + ")");
    }
  }

  /// `?` begins parameters in a JDBC URL, `:memory:` and `file:` are no file names.
  private static void refuseWhatTheDriverReadsDifferently(Path file) {
    var text = file.toString();
    if (text.isEmpty() || text.contains("?") || text.startsWith(":") || text.startsWith("file:")) {
      throw refused("'" + text + "' is not a path that SQLite takes as it is; choose another");
    }
  }

  static Path directory(Path file) {
    var parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw refused(file + " is a directory; name a file in it");
    }
    return parent;
  }

  /// SQLite gives its WAL the mode of the database, so this one mode is enough. The directory is
  /// synced, so that the store does not vanish with the power after it was used.
  private static void create(Path file, Path directory) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    FileChannel.open(file, options, mode("rw-------")).close();
    try (var channel = FileChannel.open(directory)) {
      channel.force(true);
    }
  }

  private static void check(Path file, Path directory) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw refused(file + " is not a file; name the database file");
    }
    if (!Files.isReadable(file) || !Files.isWritable(file) || !Files.isWritable(directory)) {
      throw refused(file + " or its directory cannot be written by the user of this process");
    }
    try (var in = Files.newInputStream(file)) {
      var start = in.readNBytes(MAGIC.length);
      if (start.length > 0 && !Arrays.equals(start, MAGIC)) {
        throw refused(file + " is not an SQLite database; name another file or restore a backup");
      }
    }
  }

  static SettingRefused refused(String problem) {
    return new SettingRefused(SETTING, problem);
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  static String cause(IOException e) {
    return e.getClass().getSimpleName();
  }
}
