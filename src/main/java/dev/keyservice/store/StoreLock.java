package dev.keyservice.store;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// One process a store: a lock on `<database>.lock`, held until it is closed or the process ends,
/// however it ends.
///
/// Two processes would each believe their own head of the change log and their own cache. The lock
/// is on a file of its own since SQLite locks ranges of the database itself, and POSIX drops all
/// locks of a process on a file when it closes any of its descriptors.
final class StoreLock implements AutoCloseable {
  /// What this process holds. For the same reason a second attempt here must not even open the
  /// file.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private StoreLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// @param database a file that is there
  /// @throws SettingRefused when the lock is held
  static StoreLock acquire(Path database) {
    try {
      var real = database.toRealPath();
      var file = real.resolveSibling(real.getFileName() + ".lock");
      if (!HELD.add(file)) {
        throw inUse(database);
      }
      try {
        return lock(file, database);
      } catch (IOException | RuntimeException e) {
        HELD.remove(file);
        throw e;
      }
    } catch (IOException e) {
      throw StoreFile.refused(database + " cannot be locked (" + StoreFile.cause(e) + ")");
    }
  }

  private static StoreLock lock(Path file, Path database) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var channel = FileChannel.open(file, options, mode);
    if (channel.tryLock() == null) {
      channel.close();
      throw inUse(database);
    }
    return new StoreLock(file, channel);
  }

  private static SettingRefused inUse(Path database) {
    return StoreFile.refused(
        database + " is in use by another process; a store is served by one process only");
  }

  /// The file stays: removing it could take it from a process that has just opened it.
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return; // another may hold it by now
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException("the lock of the store cannot be released", e);
    } finally {
      HELD.remove(file);
    }
  }
}
