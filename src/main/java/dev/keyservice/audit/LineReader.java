package dev.keyservice.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The lines of a file as the bytes that they are. Whatever is in it, little of it is kept in
/// memory.
final class LineReader implements AutoCloseable {
  /// No line of ours is longer.
  static final int LONGEST = 1 << 20;

  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int from;
  private int to;

  /// Of a line that has no end yet.
  private final MessageDigest hash = Hash.newSha256();

  private Torn torn = Torn.NOTHING;

  LineReader(Path file) throws IOException {
    this(file, 0);
  }

  /// @param offset where a line begins
  LineReader(Path file, long offset) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is no file"); // a pipe would be waited for
    }
    in = Files.newInputStream(file);
    in.skipNBytes(offset);
  }

  /// A line without its newline.
  ///
  /// @param bytes its first [#LONGEST]
  /// @param length of all of it
  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  record Line(byte[] bytes, long length) {
    boolean isTooLong() {
      return length > bytes.length;
    }
  }

  /// What comes after the last newline: the end of the process or of the power has cut it.
  record Torn(long length, String sha256) {
    static final Torn NOTHING = new Torn(0, "");

    boolean isThere() {
      return length > 0;
    }
  }

  /// The next line that has an end; null when there is no further one.
  @Nullable Line next() throws IOException {
    var kept = new ByteArrayOutputStream();
    var length = 0L;
    hash.reset();
    while (from < to || fill()) {
      var end = from;
      while (end < to && buffer[end] != '\n') {
        end++;
      }
      var count = end - from;
      kept.write(buffer, from, Math.min(count, LONGEST - kept.size()));
      length += count;
      if (end < to) {
        from = end + 1;
        return new Line(kept.toByteArray(), length);
      }
      hash.update(buffer, from, count);
      from = end;
    }
    torn = length == 0 ? Torn.NOTHING : new Torn(length, hex(hash));
    return null;
  }

  private boolean fill() throws IOException {
    from = 0;
    to = Math.max(0, in.read(buffer));
    return to > 0;
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /// What is behind the last line, once there is no further one.
  Torn torn() {
    return torn;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
