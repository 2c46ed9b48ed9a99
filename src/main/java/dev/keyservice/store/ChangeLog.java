package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyChange;
import dev.keyservice.root.StoreKeys;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The chain of entries, one for every mutation, each authenticated together with the one before.
///
/// Whoever can write the database but does not have the store keys can neither add an entry nor
/// change, drop or reorder those that are followed by another. Cutting the newest off is what the
/// chain alone cannot show after a restart; a running service notices it at its next write, as it
/// does when there are fewer or more entries than it knows.
final class ChangeLog {
  private static final byte[] BEFORE_THE_FIRST = new byte[32];

  private final StoreKeys keys;

  /// The newest entry that this process has verified, with all before it.
  private Head head = new Head(0, BEFORE_THE_FIRST);

  /// What becomes the head when the transaction under way is committed.
  private Head appended = head;

  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  private record Head(long revision, byte[] mac) {}

  ChangeLog(StoreKeys keys) {
    this.keys = keys;
  }

  /// Verifies what has been appended since the last time, at first everything, and that the newest
  /// entry of the last time is still there, with as many before it as there were. Only ever called
  /// by one thread at a time.
  ///
  /// @return the newest revision
  long follow(Connection connection) throws SQLException, BrokenLog {
    // From the start without a lower bound, so that no revision below 1 hides.
    var from = head.revision() == 0 ? Long.MIN_VALUE : head.revision();
    try (var statement =
        Table.CHANGE_LOG.select(connection, "WHERE revision >= ? ORDER BY revision")) {
      statement.setLong(1, from);
      follow(statement);
    }
    var entries = count(connection);
    if (entries != head.revision()) {
      throw BrokenLog.incomplete(entries, head.revision());
    }
    return head.revision();
  }

  /// Revisions count from 1 without gaps, so that their number shows that none is gone. What stands
  /// in the entries before the last time is not read again: that would take too long for each
  /// write.
  private static long count(Connection connection) throws SQLException {
    try (var statement = connection.prepareStatement("SELECT COUNT(*) FROM change_log");
        var result = statement.executeQuery()) {
      return result.next() ? result.getLong(1) : 0;
    }
  }

  private void follow(PreparedStatement statement) throws SQLException, BrokenLog {
    var known = head.revision() == 0;
    try (var result = statement.executeQuery()) {
      while (result.next()) {
        var entry = new LogEntry(Row.read(Table.CHANGE_LOG, result));
        if (known) {
          head = next(head, entry);
        } else if (isHead(entry)) {
          known = true;
        } else {
          throw BrokenLog.at(head.revision());
        }
      }
    }
    if (!known) {
      throw BrokenLog.at(head.revision());
    }
  }

  private boolean isHead(LogEntry entry) {
    return entry.revision() == head.revision() && MessageDigest.isEqual(entry.mac(), head.mac());
  }

  private Head next(Head last, LogEntry entry) throws BrokenLog {
    var revision = last.revision() + 1;
    if (entry.revision() != revision || !follows(entry, last.mac())) {
      throw BrokenLog.at(revision);
    }
    return new Head(revision, entry.mac());
  }

  /// Appends an entry to the transaction, after verifying what it follows. Call [#committed] once
  /// the transaction is durable.
  LogEntry append(Connection connection, String actor, KeyChange change, long time, byte[] rowsHash)
      throws SQLException, BrokenLog {
    var revision = follow(connection) + 1;
    var storeKeyId = keys.activeId();
    var entry = LogEntry.of(revision, time, actor, change, rowsHash, storeKeyId);
    var mac = keys.changeLogMac(storeKeyId, entry.authenticated(head.mac()));
    var sealed = entry.sealed(mac);
    Table.CHANGE_LOG.insert(connection, sealed.row());
    appended = new Head(revision, mac);
    return sealed;
  }

  /// From now on, what was appended last must be there.
  ///
  /// Not called when the outcome of a commit is unknown: the next [#follow] finds the entry, if it
  /// is there, as one that it has not seen.
  void committed() {
    head = appended;
  }

  /// The newest entry of a key, not yet verified.
  Optional<LogEntry> newest(Connection connection, CryptoKeyName name) throws SQLException {
    try (var statement =
        Table.CHANGE_LOG.select(
            connection, "WHERE ring = ? AND key_name = ? ORDER BY revision DESC LIMIT 1")) {
      statement.setString(1, name.ring());
      statement.setString(2, name.key());
      try (var result = statement.executeQuery()) {
        return result.next()
            ? Optional.of(new LogEntry(Row.read(Table.CHANGE_LOG, result)))
            : Optional.empty();
      }
    }
  }

  /// The newest revision, not yet verified; 0 where there is none.
  long newest(Connection connection) throws SQLException {
    try (var statement = connection.prepareStatement("SELECT MAX(revision) FROM change_log");
        var result = statement.executeQuery()) {
      return result.next() ? result.getLong(1) : 0;
    }
  }

  /// The entries after a revision, each verified together with the one before it. May be called by
  /// any thread.
  ///
  /// @param revision 0 for the beginning of the log
  /// @param limit how many at most
  /// @return empty when the log does not hold the revision
  Optional<List<LogEntry>> after(Connection connection, long revision, int limit)
      throws SQLException, BrokenLog {
    try (var statement =
        Table.CHANGE_LOG.select(connection, "WHERE revision >= ? ORDER BY revision LIMIT ?")) {
      statement.setLong(1, revision);
      statement.setInt(2, limit + 1);
      try (var result = statement.executeQuery()) {
        if (revision == 0) {
          return Optional.of(verified(result, new Head(0, BEFORE_THE_FIRST)));
        }
        if (!result.next()) {
          return Optional.empty();
        }
        var from = new LogEntry(Row.read(Table.CHANGE_LOG, result));
        if (from.revision() != revision) {
          throw BrokenLog.at(revision);
        }
        return Optional.of(verified(result, new Head(revision, from.mac())));
      }
    }
  }

  private List<LogEntry> verified(ResultSet result, Head from) throws SQLException, BrokenLog {
    var entries = new ArrayList<LogEntry>();
    var last = from;
    while (result.next()) {
      var entry = new LogEntry(Row.read(Table.CHANGE_LOG, result));
      last = next(last, entry);
      entries.add(entry);
    }
    return entries;
  }

  /// Whether an entry is one that this store wrote, at this place in the chain.
  boolean isAuthentic(Connection connection, LogEntry entry) throws SQLException {
    if (entry.revision() == 1) {
      return follows(entry, BEFORE_THE_FIRST);
    }
    try (var statement = Table.CHANGE_LOG.select(connection, "WHERE revision = ?")) {
      statement.setLong(1, entry.revision() - 1);
      try (var result = statement.executeQuery()) {
        return result.next()
            && follows(entry, new LogEntry(Row.read(Table.CHANGE_LOG, result)).mac());
      }
    }
  }

  private boolean follows(LogEntry entry, byte[] previousMac) {
    try {
      var mac = keys.changeLogMac(entry.storeKeyId(), entry.authenticated(previousMac));
      return MessageDigest.isEqual(mac, entry.mac());
    } catch (Failure.DataLoss | IllegalArgumentException e) {
      return false; // names a store key that is not there, or is not an entry at all
    }
  }
}
