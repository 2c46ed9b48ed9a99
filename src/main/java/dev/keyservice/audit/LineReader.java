package dev.keyservice.audit;

import java.io.BufferedInputStream;
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
  private Torn torn = Torn.NOTHING;

  LineReader(Path file) throws IOException {
    this(file, 0);
  }

  /// @param offset where a line begins
  LineReader(Path file, long offset) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is no file"); // a pipe would be waited for
    }
    in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
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
    var all = Hash.newSha256();
    var chunk = new byte[1 << 12];
    var filled = 0;
    var length = 0L;
    for (var next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        keep(kept, chunk, filled);
        return new Line(kept.toByteArray(), length);
      }
      chunk[filled++] = (byte) next;
      length++;
      if (filled == chunk.length) {
        keep(kept, chunk, filled);
        all.update(chunk);
        filled = 0;
      }
    }
    all.update(chunk, 0, filled);
    torn = length == 0 ? Torn.NOTHING : new Torn(length, hex(all));
    return null;
  }

  private static void keep(ByteArrayOutputStream kept, byte[] chunk, int filled) {
    kept.write(chunk, 0, Math.min(filled, LONGEST - kept.size()));
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
