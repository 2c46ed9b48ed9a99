package dev.keyservice.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Runs commands in this process with streams and an environment of their own.
public final class CommandRun {
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> variables = new HashMap<>();
  private InputStream in = InputStream.nullInputStream();
  private int linesRead = Integer.MAX_VALUE;

  /// What a command left.
  ///
  /// @param raw every byte of standard output as a character
  public record Result(int exitCode, String raw, String err) {
    public byte[] bytes() {
      return raw.getBytes(StandardCharsets.ISO_8859_1);
    }

    String out() {
      return new String(bytes(), StandardCharsets.UTF_8);
    }
  }

  public CommandRun variables(Map<String, String> more) {
    variables.putAll(more);
    return this;
  }

  CommandRun variable(String name, String value) {
    variables.put(name, value);
    return this;
  }

  CommandRun property(String name, String value) {
    properties.put(name, value);
    return this;
  }

  public CommandRun in(byte[] bytes) {
    return in(new ByteArrayInputStream(bytes));
  }

  CommandRun in(InputStream stream) {
    in = stream;
    return this;
  }

  /// Whoever reads standard output closes it after some lines, as `head` does.
  CommandRun closedAfter(int lines) {
    linesRead = lines;
    return this;
  }

  public Result run(String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var shell =
        new Shell(
            in,
            new ReadFor(linesRead, out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            properties,
            variables);
    int exitCode = new KeyserviceCommand(shell).execute(args);
    return new Result(
        exitCode, out.toString(StandardCharsets.ISO_8859_1), err.toString(StandardCharsets.UTF_8));
  }

  private static final class ReadFor extends FilterOutputStream {
    private int left;

    ReadFor(int lines, OutputStream out) {
      super(out);
      this.left = lines;
    }

    @Override
    public void write(int value) throws IOException {
      if (left == 0) {
        throw new IOException("Broken pipe");
      }
      if (value == '\n') {
        left--;
      }
      out.write(value);
    }
  }
}
