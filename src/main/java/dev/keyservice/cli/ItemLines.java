package dev.keyservice.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The lines of an input, one by one: there may be more than fit into memory.
final class ItemLines {
  /// Longer than any item that the service takes, in base64.
  private static final int LONGEST = 4 << 20;

  private final String name;
  private final InputStream in;
  private long number;
  private long bytes;

  /// @param name of the input, for messages
  ItemLines(String name, InputStream in) {
    this.name = name;
    this.in = new BufferedInputStream(in, 1 << 16);
  }

  /// @param number from 1
  record Line(long number, String text) {}

  /// The next line, without what ends it; empty at the end. A last line may lack its newline.
  Optional<Line> next() {
    var line = new ByteArrayOutputStream();
    try {
      int read;
      while ((read = in.read()) >= 0) {
        bytes++;
        if (read == '\n') {
          return Optional.of(line(line));
        }
        line.write(read);
        if (line.size() > LONGEST) {
          throw new UsageError(name + ": line " + (number + 1) + " is larger than any item");
        }
      }
    } catch (IOException e) {
      throw new UsageError(name + " cannot be read: " + e.getMessage());
    }
    return line.size() == 0 ? Optional.empty() : Optional.of(line(line));
  }

  private Line line(ByteArrayOutputStream bytes) {
    number++;
    return new Line(number, bytes.toString(StandardCharsets.UTF_8).strip());
  }

  /// Passes lines over that were dealt with before.
  void skip(long lines) {
    for (var i = 0L; i < lines; i++) {
      if (next().isEmpty()) {
        throw new UsageError(name + " has fewer lines than there are results: it is another file");
      }
    }
  }

  /// How far one has read.
  long bytes() {
    return bytes;
  }
}
