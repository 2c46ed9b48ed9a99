package dev.keyservice.audit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// The files of a chain: `audit-00000001.jsonl` and so on, one after the other.
final class AuditFiles {
  static final String LOCK = "audit.lock";

  /// Each number in one way only, or one file could hide another.
  private static final Pattern NAME = Pattern.compile("audit-([0-9]{8}|[1-9][0-9]{8,17})\\.jsonl");

  private AuditFiles() {}

  static Path file(Path directory, long number) {
    return directory.resolve(name(number));
  }

  static String name(long number) {
    return "audit-%08d.jsonl".formatted(number);
  }

  /// All that there are, by number.
  static NavigableMap<Long, Path> list(Path directory) throws IOException {
    var found = new TreeMap<Long, Path>();
    try (var files = Files.list(directory)) {
      for (var file : (Iterable<Path>) files::iterator) {
        var name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          found.put(Long.parseLong(name.group(1)), file);
        }
      }
    }
    return found;
  }

  /// A new file, for its owner to write and its group to read: a collector is one of that.
  static FileChannel create(Path directory, long number) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    var channel = FileChannel.open(file(directory, number), options, mode("rw-r-----"));
    syncDirectory(directory);
    return channel;
  }

  static void createDirectory(Path directory) throws IOException {
    var _ = Files.createDirectories(directory, mode("rwxr-x---"));
  }

  static FileChannel openLock(Path directory) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    return FileChannel.open(directory.resolve(LOCK), options, mode("rw-------"));
  }

  static void syncDirectory(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory)) {
      channel.force(true);
    }
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }
}
