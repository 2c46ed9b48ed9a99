package dev.keyservice.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;

/// What is logged in this process while it is open.
public final class LogLines extends Handler implements AutoCloseable {
  private static final PatternFormatter MESSAGE = new PatternFormatter("%s");

  private final Logger logger;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private LogLines(Logger logger) {
    this.logger = logger;
    logger.addHandler(this);
  }

  /// The lines of a category and those below it.
  public static LogLines of(String category) {
    return new LogLines(Logger.getLogger(category));
  }

  /// So far.
  public List<String> lines() {
    return List.copyOf(lines);
  }

  /// Those that have this in them.
  public List<String> with(String part) {
    return lines.stream().filter(line -> line.contains(part)).toList();
  }

  @Override
  public void publish(LogRecord entry) {
    lines.add(MESSAGE.format(entry));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
