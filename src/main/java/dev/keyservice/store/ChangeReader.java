package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.KeyStore.ChangePage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Pages of the change log, of those entries that the reader may see, each with its key as it is
/// now.
final class ChangeReader {
  /// How many entries one page looks at, at most, whether they are shown or not.
  static final int ENTRIES_A_PAGE = 1_000;

  private final ChangeLog log;
  private final KeyReader keys;

  ChangeReader(ChangeLog log, KeyReader keys) {
    this.log = log;
    this.keys = keys;
  }

  /// @throws Failure.OutOfRange when the log does not hold the revision
  /// @throws BrokenLog when one of the entries does not follow from the one before
  ChangePage read(Connection connection, long after, KeyLists.Page page)
      throws SQLException, BrokenLog {
    var entries = log.after(connection, after, ENTRIES_A_PAGE);
    if (entries.isEmpty()) {
      throw new Failure.OutOfRange(after, log.newest(connection));
    }
    return page(connection, after, entries.get(), page);
  }

  private ChangePage page(
      Connection connection, long after, List<LogEntry> entries, KeyLists.Page page)
      throws SQLException {
    var events = new ArrayList<KeyEvent>();
    var last = after;
    for (var entry : entries) {
      if (!page.goesOn(events.size())) {
        return new ChangePage(events, last, false);
      }
      var name = entry.name();
      if (page.visible().test(name)) {
        events.add(KeyEvent.changed(subject(connection, name), entry.revision(), entry.time()));
      }
      last = entry.revision();
    }
    return new ChangePage(events, last, entries.size() < ENTRIES_A_PAGE);
  }

  private KeyEvent.Subject subject(Connection connection, CryptoKeyName name) throws SQLException {
    try {
      return keys.read(connection, name)
          .<KeyEvent.Subject>map(KeyEvent.Subject.Key::new)
          .orElseGet(() -> new KeyEvent.Subject.Damaged(name));
    } catch (Failure.DataLoss e) {
      return new KeyEvent.Subject.Damaged(name); // reported where it was found
    }
  }
}
