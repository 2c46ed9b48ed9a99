package dev.keyservice.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The lines of a chain as they come, across its files, whether a service writes them or not. It
/// proves nothing: see [AuditVerifier].
public final class AuditTail {
  private final Path directory;
  private long file;

  /// Of the file, up to the end of its last line that was read.
  private long offset;

  private AuditTail(Path directory, long file, long offset) {
    this.directory = directory;
    this.file = file;
    this.offset = offset;
  }

  /// Begins so many lines before the end, or at the oldest line when there are fewer.
  ///
  /// @throws IOException when the directory cannot be read, or has no file of a chain
  public static AuditTail of(Path directory, int lines) throws IOException {
    var files = AuditFiles.list(directory);
    if (files.isEmpty()) {
      throw new NoSuchFileException(AuditFiles.file(directory, 1).toString());
    }
    var missing = lines;
    for (var entry : files.descendingMap().entrySet()) {
      var starts = starts(Files.readAllBytes(entry.getValue()));
      if (starts.size() > missing) {
        return new AuditTail(directory, entry.getKey(), starts.get(starts.size() - 1 - missing));
      }
      missing -= starts.size() - 1;
    }
    return new AuditTail(directory, files.firstKey(), 0);
  }

  /// Where the lines of a file begin, and where the next one will.
  private static List<Long> starts(byte[] content) {
    var starts = new ArrayList<>(List.of(0L));
    for (var i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        starts.add(i + 1L);
      }
    }
    return starts;
  }

  /// The lines that have come since, the oldest first; none when there is nothing new.
  public List<String> next() throws IOException {
    var lines = new ArrayList<String>();
    // A file that has a successor is never written again.
    for (var complete = hasSuccessor(); ; complete = hasSuccessor()) {
      readFile(lines);
      if (!complete) {
        return lines;
      }
      file++;
      offset = 0;
    }
  }

  private boolean hasSuccessor() {
    return Files.exists(AuditFiles.file(directory, file + 1));
  }

  private void readFile(List<String> lines) throws IOException {
    try (var in = Files.newInputStream(AuditFiles.file(directory, file))) {
      in.skipNBytes(offset);
      var rest = in.readAllBytes();
      // What follows the last newline is yet to come.
      var whole = starts(rest).getLast().intValue();
      lines.addAll(new String(rest, 0, whole, StandardCharsets.UTF_8).lines().toList());
      offset += whole;
    }
  }
}
