package dev.keyservice.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/// How far long work has come, on standard error: a bar that moves on a terminal, elsewhere a line
/// now and then.
final class Progress {
  private static final int WIDTH = 30;
  private static final Duration BETWEEN_BARS = Duration.ofMillis(200);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private final PrintStream err;
  private final boolean terminal;
  private final long total;
  private final long begin = System.nanoTime();
  private long shown = begin;
  private final long before;

  /// @param total how much there is, in whatever unit
  /// @param before how many items are done already
  Progress(PrintStream err, boolean terminal, long total, long before) {
    this.before = before;
    this.err = err;
    this.terminal = terminal;
    this.total = total;
  }

  /// Whether standard error of this process is a terminal. The JDK tells it of the other streams.
  static boolean isTerminal() {
    try {
      var target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /// Shows it, unless it was shown a moment ago.
  ///
  /// @param done of the total
  /// @param items which are done, those of earlier runs included
  void at(long done, long items, long failed) {
    var now = System.nanoTime();
    var pause = terminal ? BETWEEN_BARS : BETWEEN_LINES;
    if (now - shown >= pause.toNanos()) {
      shown = now;
      show(text(done, items, failed, now));
    }
  }

  /// Shows the end of it.
  void end(long done, long items, long failed) {
    show(text(done, items, failed, System.nanoTime()));
    if (terminal) {
      err.println();
    }
  }

  private void show(String text) {
    if (terminal) {
      err.print("\r" + text + "\033[K");
      err.flush();
    } else {
      err.println("keyservice: " + text);
    }
  }

  private String text(long done, long items, long failed, long now) {
    var part = total == 0 ? 1 : Math.min(1, (double) done / total);
    var filled = (int) (part * WIDTH);
    var bar = terminal ? "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] " : "";
    var seconds = Math.max(1e-9, (now - begin) / 1e9);
    var rate = Math.round((items - before) / seconds);
    return String.format(
        Locale.ROOT,
        "%s%3.0f %%, %,d items, %,d failed, %,d/s",
        bar,
        part * 100,
        items,
        failed,
        rate);
  }
}
