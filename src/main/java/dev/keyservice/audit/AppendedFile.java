package dev.keyservice.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;

/// One file of a chain, to which lines are added and from which nothing is ever taken. One thread
/// adds while another may sync.
///
/// After a write or a sync that failed nobody knows what is on the disk. So what was added since
/// the last sync is kept in memory, and written over what is there, which is the same.
final class AppendedFile implements AutoCloseable {
  private final Path path;
  private final DiskPatience disk;
  private volatile FileChannel channel;

  /// What was added after `synced`, one after the other.
  private final Deque<byte[]> unsynced = new ArrayDeque<>();

  /// With all that was added.
  private long bytes;

  /// Of those, in the file.
  private long written;

  /// Of those, on the disk for certain.
  private long synced;

  /// Whether something has failed since.
  private boolean suspect;

  private AppendedFile(Path path, DiskPatience disk, FileChannel channel, long bytes) {
    this.path = path;
    this.disk = disk;
    this.channel = channel;
    this.bytes = bytes;
    this.written = bytes;
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

  /// Adds to the file, whether the disk takes it now or later.
  ///
  /// @throws IOException when it did not; then [#settle()] writes it once more
  void append(byte[] text) throws IOException {
    var at = add(text);
    asking(() -> writeAt(at, text));
    wrote(at + text.length);
  }

  private synchronized long add(byte[] text) throws IOException {
    var at = bytes;
    unsynced.addLast(text);
    bytes += text.length;
    requireSettled();
    return at;
  }

  private synchronized void wrote(long upTo) {
    written = upTo;
  }

  private void writeAt(long offset, byte[] text) throws IOException {
    var buffer = ByteBuffer.wrap(text);
    var at = offset;
    while (buffer.hasRemaining()) {
      at += channel.write(buffer, at);
    }
  }

  private synchronized void requireSettled() throws IOException {
    if (suspect) {
      throw new IOException("what was written before may be lost");
    }
  }

  private void asking(DiskPatience.DiskWork work) throws IOException {
    try {
      disk.during(work);
    } catch (IOException | RuntimeException | Error e) {
      suspect();
      throw e;
    }
  }

  private synchronized void suspect() {
    suspect = true;
  }

  /// Returns when all is on the disk that was in the file before.
  ///
  /// @throws IOException also when something has failed that is not settled
  void sync() throws IOException {
    var upTo = writtenForCertain();
    asking(() -> channel.force(false));
    synced(upTo);
  }

  private synchronized long writtenForCertain() throws IOException {
    requireSettled();
    return written;
  }

  private synchronized void synced(long upTo) {
    while (synced < upTo) {
      synced += unsynced.removeFirst().length;
    }
  }

  /// Opens it once more, since it may have been removed or its directory mounted anew, and gives
  /// the disk what it may have lost. Nobody adds or syncs meanwhile.
  ///
  /// @return false when it is gone, or was cut
  boolean settle() throws IOException {
    if (!Files.exists(path) || Files.size(path) < synced) {
      return false;
    }
    channel.close();
    channel = FileChannel.open(path, StandardOpenOption.WRITE);
    asking(() -> {
      var at = synced;
      for (var text : unsynced) {
        writeAt(at, text);
        at += text.length;
      }
      channel.truncate(bytes); // what somebody else has added
      channel.force(false);
    });
    written = bytes;
    synced(bytes);
    suspect = false;
    return true;
  }

  /// Makes sure that the name still leads to it: a file that was removed takes records that nobody
  /// will ever read.
  void requireItself() throws IOException {
    asking(() -> {
      var size = Files.size(path);
      if (size != bytes()) {
        throw new IOException(path + " has " + size + " bytes instead of " + bytes());
      }
    });
  }

  /// All that was added, in bytes.
  synchronized long bytes() {
    return bytes;
  }

  /// Whether all of it is on the disk for certain.
  synchronized boolean isSynced() {
    return synced == bytes;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
