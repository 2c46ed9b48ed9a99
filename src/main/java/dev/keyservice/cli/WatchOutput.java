package dev.keyservice.cli;

import dev.keyservice.client.KeyWatcher;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Shows what a watch brings as it comes: keys on standard output, a line each, and what becomes of
/// the watch on standard error.
final class WatchOutput implements KeyWatcher {
  private static final List<String> HEADING =
      List.of("REVISION", "TIME", "KEY", "VERSION", "STATE", "LABELS");

  /// What usually fits: nobody knows what is still to come.
  private static final List<String> USUAL =
      List.of("REVISION", "2000-01-01T00:00:00Z", " ".repeat(24), "VERSION", "UNREACHABLE", "");

  private static final String NONE = "-";

  private final PrintStream out;
  private final PrintStream err;
  private final @Nullable Columns table;
  private boolean complete;

  /// @param complete whether there is no snapshot whose end is to be told
  WatchOutput(Shell shell, OutputFormat format, boolean complete) {
    this.out = shell.text();
    this.err = shell.err();
    this.table =
        switch (format) {
          case TABLE -> new Columns();
          case JSON -> null;
        };
    this.complete = complete;
  }

  /// Shows what comes before the first answer.
  void begin() {
    if (table != null) {
      table.widenFor(USUAL);
      out.println(table.line(HEADING));
    }
  }

  /// Goes on until nobody reads the output any more.
  @Override
  public boolean take(WatchCryptoKeysResponse answer) {
    if (table == null) {
      out.println(Output.jsonLine(answer));
    } else {
      show(table, answer);
    }
    return !out.checkError();
  }

  private void show(Columns table, WatchCryptoKeysResponse answer) {
    switch (answer.getEventCase()) {
      case CRYPTO_KEY -> out.println(table.line(row(answer, answer.getCryptoKey())));
      case UNREACHABLE ->
          out.println(table.line(row(answer, answer.getUnreachable(), NONE, "UNREACHABLE", "")));
      case PROGRESS -> tellOf(answer.getRevision());
      case EVENT_NOT_SET -> {
        // Of a newer service: nothing that this program knows.
      }
    }
  }

  private static List<String> row(WatchCryptoKeysResponse answer, CryptoKey key) {
    return row(
        answer,
        key.getName(),
        key.hasPrimary() ? KeyTables.primaryVersion(key) : NONE,
        key.hasPrimary() ? key.getPrimary().getState().name() : NONE,
        KeyTables.labels(key));
  }

  private static List<String> row(
      WatchCryptoKeysResponse answer, String name, String version, String state, String labels) {
    return List.of(
        answer.hasRevision() ? String.valueOf(answer.getRevision()) : NONE,
        answer.hasChangeTime() ? Times.text(answer.getChangeTime()) : NONE,
        KeyPath.shortened(name),
        version,
        state,
        labels);
  }

  private void tellOf(long revision) {
    tell(
        complete
            ? "nothing to show of what changed up to revision " + revision
            : "that is all as of revision " + revision + "; changes follow");
    complete = true;
  }

  @Override
  public void interrupted(StatusRuntimeException cause) {
    tell("the watch was interrupted and tries to go on: " + ErrorReport.message(cause));
  }

  @Override
  public void resumed() {
    tell("the watch goes on");
  }

  private void tell(String message) {
    err.println("keyservice: " + ErrorReport.oneLine(message));
  }
}
