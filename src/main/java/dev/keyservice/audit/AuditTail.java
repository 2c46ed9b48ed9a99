package dev.keyservice.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
      var starts = new ArrayDeque<Long>();
      var end = lastStarts(entry.getValue(), missing, starts);
      if (starts.size() == missing) {
        var offset = starts.isEmpty() ? end : starts.getFirst();
        return new AuditTail(directory, entry.getKey(), offset);
      }
      missing -= starts.size();
    }
    return new AuditTail(directory, files.firstKey(), 0);
  }

  /// Finds where the last so many lines of a file begin.
  ///
  /// @return where the next one will
  private static long lastStarts(Path file, int count, Deque<Long> starts) throws IOException {
    var at = 0L;
    try (var in = new LineReader(file)) {
      for (var line = in.next(); line != null; line = in.next()) {
        starts.addLast(at);
        at += line.length() + 1;
        if (starts.size() > count) {
          var _ = starts.removeFirst();
        }
      }
    }
    return at;
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
    try (var in = new LineReader(AuditFiles.file(directory, file), offset)) {
      for (var line = in.next(); line != null; line = in.next()) {
        lines.add(new String(line.bytes(), StandardCharsets.UTF_8));
        offset += line.length() + 1;
      }
    }
  }
}
