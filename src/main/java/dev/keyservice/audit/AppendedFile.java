package dev.keyservice.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One file of a chain, to which lines are added and from which nothing is ever taken.
///
/// After a write or a sync that failed nobody knows what is on the disk. So what was added since
/// the last sync is kept in memory, and written over what is there, which is the same.
final class AppendedFile implements AutoCloseable {
  private final Path path;
  private final DiskPatience disk;
  private FileChannel channel;

  /// With all that was added.
  private long bytes;

  /// Of those, on the disk for certain.
  private long synced;

  /// What was added after that.
  private final ByteArrayOutputStream unsynced = new ByteArrayOutputStream();

  /// Whether some of it may be missing from the file.
  private boolean suspect;

  private AppendedFile(Path path, DiskPatience disk, FileChannel channel, long bytes) {
    this.path = path;
    this.disk = disk;
    this.channel = channel;
    this.bytes = bytes;
    this.synced = bytes;
  }

  /// Begins a file.
  ///
  /// @throws IOException also when there is one that is not empty
  static AppendedFile begin(Path directory, long number, DiskPatience disk) throws IOException {
    var path = AuditFiles.file(directory, number);
    if (Files.isRegularFile(path) && Files.size(path) > 0) {
      throw new IOException(path + " is there already");
    }
    // What an attempt before this one has left.
    var _ = Files.deleteIfExists(path);
    return new AppendedFile(path, disk, AuditFiles.create(directory, number), 0);
  }

  /// Goes on with a file after so many bytes; what follows them is cut off.
  static AppendedFile proceed(Path directory, long number, long bytes, DiskPatience disk)
      throws IOException {
    var path = AuditFiles.file(directory, number);
    var channel = FileChannel.open(path, StandardOpenOption.WRITE);
    channel.truncate(bytes);
    channel.force(true);
    return new AppendedFile(path, disk, channel, bytes);
  }

  /// Adds to the file, whether the disk takes it now or later: when this fails, [#settle()] writes
  /// it once more.
  void append(byte[] text) throws IOException {
    var end = bytes;
    unsynced.writeBytes(text);
    bytes += text.length;
    disk.during(() -> {
      var whole = !suspect;
      suspect = true;
      if (whole) {
        writeAt(end, text);
      } else {
        writeAt(synced, unsynced.toByteArray());
        var _ = channel.truncate(bytes); // what somebody else has added
      }
      suspect = false;
    });
  }

  private void writeAt(long offset, byte[] text) throws IOException {
    var buffer = ByteBuffer.wrap(text);
    var at = offset;
    while (buffer.hasRemaining()) {
      at += channel.write(buffer, at);
    }
  }

  /// Returns when all of it is on the disk.
  void sync() throws IOException {
    disk.during(() -> {
      suspect = true;
      channel.force(false);
      suspect = false;
    });
    synced = bytes;
    unsynced.reset();
  }

  /// Gives the disk what it may have lost, and nothing else: each attempt that fails would add to
  /// what the next one writes.
  void settle() throws IOException {
    append(new byte[0]);
    sync();
  }

  /// Makes sure that the name still leads to it: a file that was removed takes records that nobody
  /// will ever read.
  void requireItself() throws IOException {
    disk.during(() -> {
      var size = Files.size(path);
      if (size != bytes) {
        throw new IOException(path + " has " + size + " bytes instead of " + bytes);
      }
    });
  }

  /// Opens it once more: it may have been removed, or its directory mounted anew.
  ///
  /// @return false when it is gone, or was cut
  boolean reopen() throws IOException {
    if (!Files.exists(path) || Files.size(path) < synced) {
      return false;
    }
    channel.close();
    channel = FileChannel.open(path, StandardOpenOption.WRITE);
    suspect = true;
    return true;
  }

  /// All that was added, in bytes.
  long bytes() {
    return bytes;
  }

  /// Whether all of it is on the disk for certain.
  boolean isSynced() {
    return unsynced.size() == 0;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
