package dev.keyservice.audit;

import dev.keyservice.audit.AuditLine.Position;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/// Where a chain ends, and so where it goes on.
///
/// @param file the number of its last file
/// @param wholeBytes of that file, in whole lines; 0 where its first is missing
/// @param torn what comes after them: a line that the end of the process has cut
record ChainEnd(
    String chain,
    Position position,
    long file,
    long wholeBytes,
    LineReader.Torn torn,
    RecordedChanges recorded,
    StoreHead head) {

  /// A chain that is yet to begin.
  static ChainEnd ofNothing(StoreHead store) {
    var recorded = new RecordedChanges();
    recorded.begin(store.revision());
    return new ChainEnd(
        UUID.randomUUID().toString(),
        Position.BEGINNING,
        1,
        0,
        LineReader.Torn.NOTHING,
        recorded,
        store);
  }

  /// Reads the last two files: the last may have been begun and not more when the process ended.
  ///
  /// @return empty when there is no chain
  /// @throws SettingRefused when they are not what they were, or of another key
  static Optional<ChainEnd> find(Path directory, AuditKeyPair keys, String setting)
      throws IOException {
    var files = AuditFiles.list(directory);
    if (files.isEmpty()) {
      return Optional.empty();
    }
    var last = files.lastEntry();
    if (last.getKey() == 1 && hasNoLine(last.getValue())) {
      return Optional.empty();
    }
    var before = files.lowerEntry(last.getKey());
    var walk = new ChainWalk(Optional.of(keys.publicKey()));
    try {
      if (before != null) {
        walk.walk(before.getKey(), before.getValue(), false);
      }
      walk.walk(last.getKey(), last.getValue(), true);
    } catch (BrokenChain e) {
      throw new SettingRefused(
          setting,
          directory
              + " holds a chain that is not what it was ("
              + e.problem()
              + "): keep it for `keyservice audit verify` and name another directory");
    }
    return Optional.of(
        new ChainEnd(
            walk.chain(),
            walk.position().orElseThrow(),
            walk.file(),
            walk.wholeBytes(),
            walk.torn(),
            walk.recorded(),
            walk.head()));
  }

  private static boolean hasNoLine(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (var lines = new LineReader(file)) {
      return lines.next() == null;
    }
  }
}
