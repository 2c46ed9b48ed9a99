package dev.keyservice.watch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;

/// What files hold, as one SHA-256, to tell whether anything has changed. Times and sizes would
/// not: a renamed file keeps its own.
public record FilesDigest(String sha256) {
  /// No file of ours is larger; of one that is, the beginning counts.
  private static final int MAX_BYTES = 16 << 20;

  /// The digest of what these files hold now, in this order.
  public static FilesDigest of(Collection<Path> files) {
    var sha256 = newSha256();
    for (var file : files) {
      add(sha256, file);
    }
    return new FilesDigest(HexFormat.of().formatHex(sha256.digest()));
  }

  private static void add(MessageDigest sha256, Path file) {
    if (!Files.isRegularFile(file)) {
      // A pipe would be waited for.
      sha256.update(length(-1));
      return;
    }
    try (var in = Files.newInputStream(file)) {
      var content = in.readNBytes(MAX_BYTES);
      sha256.update(length(content.length));
      sha256.update(content);
      Arrays.fill(content, (byte) 0);
    } catch (IOException e) {
      // Which is a state of its own: files that appear, or may be read again, are a change.
      sha256.update(length(-1));
    }
  }

  private static byte[] length(int length) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
