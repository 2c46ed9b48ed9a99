package dev.keyservice.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Optional;
import java.util.SortedMap;

/// Proves a chain, with nothing secret: its hashes, its signatures, and that no file is missing.
public final class AuditVerifier {
  private AuditVerifier() {}

  /// Proves all files of a directory.
  ///
  /// @param key whose signatures are believed; empty for the one that the chain names itself
  /// @throws BrokenChain naming the first line that is not what it was
  public static ChainReport verify(Path directory, Optional<PublicKey> key)
      throws IOException, BrokenChain {
    var walk = new ChainWalk(key);
    walkAll(AuditFiles.list(directory), walk);
    return walk.report();
  }

  /// Reads a public key.
  ///
  /// @throws IllegalArgumentException when the text is no base64 of an Ed25519 public key
  public static PublicKey publicKey(String base64) {
    return AuditKeyPair.publicKey(Base64.getDecoder().decode(base64.strip()));
  }

  private static void walkAll(SortedMap<Long, Path> files, ChainWalk walk)
      throws IOException, BrokenChain {
    if (files.isEmpty()) {
      throw new BrokenChain("there is no file of a chain");
    }
    for (var file : files.entrySet()) {
      walk.walk(file.getKey(), file.getValue(), file.getKey().equals(files.lastKey()));
    }
  }

  /// Whether a chain has a line of this number and hash. The hash of a line says its number.
  ///
  /// @param head `SEQ:HASH`
  public static boolean holds(Path directory, String head) throws IOException {
    for (var file : AuditFiles.list(directory).values()) {
      try (var lines = new LineReader(file)) {
        for (var line = lines.next(); line != null; line = lines.next()) {
          if (head.endsWith(":" + Hash.of(line.bytes()))
              && text(line).startsWith("{\"seq\":" + head.replaceFirst(":.*", "") + ",")) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static String text(LineReader.Line line) {
    return new String(line.bytes(), StandardCharsets.UTF_8);
  }
}
