package dev.keyservice.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 of a line, without its newline, in hexadecimal digits.
final class Hash {
  /// What the first line of a chain follows.
  static final String NONE = "0".repeat(64);

  private Hash() {}

  static String of(byte[] line, int offset, int length) {
    var sha256 = newSha256();
    sha256.update(line, offset, length);
    return HexFormat.of().formatHex(sha256.digest());
  }

  static String of(byte[] line) {
    return of(line, 0, line.length);
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
