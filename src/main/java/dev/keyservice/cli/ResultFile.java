package dev.keyservice.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.v1.BatchReEncryptResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// A file of results, a line each, that survives whatever ends the process: what is in it with its
/// newline is done. One process at a time has it.
final class ResultFile implements AutoCloseable {
  private static final String ERROR = "{\"error\":";
  private static final String DONE = "{\"reEncrypted\":";

  private final Path path;
  private final FileChannel channel;
  private long lines;
  private long failures;

  private ResultFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /// Opens a file of results, or makes one. A last line without its newline was cut off when a
  /// process ended, and is removed.
  ///
  /// @param to the key whose ciphertexts it holds
  /// @throws UsageError when it holds anything else
  static ResultFile open(Path path, KeyPath to) {
    try {
      var channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      var file = new ResultFile(path, channel);
      try {
        file.lock();
        file.read(to);
        return file;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UsageError(DataFiles.problem(path, e));
    }
  }

  private void lock() throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // By this process; the same to the user.
    }
    throw new UsageError(path + " is being written by another process");
  }

  private void read(KeyPath to) throws IOException {
    var whole = wholeLines();
    channel.position(0);
    var read = new ItemLines(path.toString(), Channels.newInputStream(channel));
    var last = "";
    while (read.bytes() < whole) {
      last = read.next().orElseThrow().text();
      if (!last.startsWith(ERROR) && !last.startsWith(DONE)) {
        throw new UsageError(path + " is there already and holds something else");
      }
      failures += last.startsWith(ERROR) ? 1 : 0;
      lines++;
    }
    requireOf(to, last);
    channel.truncate(whole);
    channel.position(whole);
  }

  /// Up to and with the last newline.
  private long wholeLines() throws IOException {
    var one = ByteBuffer.allocate(1);
    for (var end = channel.size(); end > 0; end--) {
      if (channel.read(one.clear(), end - 1) == 1 && one.get(0) == '\n') {
        return end;
      }
    }
    return 0;
  }

  private void requireOf(KeyPath to, String line) throws IOException {
    if (!line.startsWith(DONE)) {
      return;
    }
    var result = BatchReEncryptResponse.Result.newBuilder();
    try {
      JsonFormat.parser().merge(line, result);
    } catch (InvalidProtocolBufferException e) {
      throw new UsageError(path + " is there already and holds something else");
    }
    if (!result.getReEncrypted().getName().startsWith(to.keyResource() + "/")) {
      throw new UsageError(path + " holds ciphertexts of another key");
    }
  }

  /// Adds results, which are on the disk when this returns.
  void append(List<String> json, int failed) {
    var bytes = ByteBuffer.wrap((String.join("\n", json) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        var _ = channel.write(bytes);
      }
      channel.force(false);
    } catch (IOException e) {
      throw new UsageError(DataFiles.problem(path, e));
    }
    lines += json.size();
    failures += failed;
  }

  /// How many results it holds.
  long lines() {
    return lines;
  }

  /// How many of them are errors.
  long failures() {
    return failures;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UsageError(DataFiles.problem(path, e));
    }
  }
}
