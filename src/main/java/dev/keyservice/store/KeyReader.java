package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.StoredKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Optional;

/// Reads keys and believes them only when the newest entry of the change log vouches for their
/// rows.
final class KeyReader {
  private static final int ETAG_BYTES = 8;

  private final ChangeLog log;
  private final SqlDialect dialect;
  private final DamagedKeys damaged;

  KeyReader(ChangeLog log, SqlDialect dialect, DamagedKeys damaged) {
    this.log = log;
    this.dialect = dialect;
    this.damaged = damaged;
  }

  /// @return empty when the name was never used
  /// @throws Failure.DataLoss when rows and log do not belong together
  Optional<StoredKey> read(Connection connection, CryptoKeyName name) throws SQLException {
    try {
      var entry = log.newest(connection, name);
      var rows = KeyRows.read(connection, name);
      if (entry.isEmpty() && rows.isEmpty()) {
        return Optional.empty();
      }
      if (entry.isEmpty()) {
        throw damaged.report(name, "it has rows that no change ever made");
      }
      if (rows.isEmpty()) {
        throw damaged.report(name, "its row is gone");
      }
      return Optional.of(verified(connection, name, entry.get(), rows.get()));
    } catch (IllegalArgumentException e) {
      throw damaged.report(name, e);
    } catch (SQLException e) {
      if (dialect.isCorruption(e)) {
        throw damaged.report(name, e);
      }
      throw e;
    }
  }

  private StoredKey verified(
      Connection connection, CryptoKeyName name, LogEntry entry, KeyRows rows) throws SQLException {
    if (!log.isAuthentic(connection, entry)) {
      throw damaged.report(name, "its newest change is not one that this store made");
    }
    if (!MessageDigest.isEqual(rows.hash(), entry.rowsHash())) {
      throw damaged.report(name, "its rows are not what its newest change left behind");
    }
    var stored = stored(entry, rows);
    // All of it is authentic, but it was found by SQL: a collation or a view put into the database
    // answers for one name with another key.
    if (!entry.isOf(name)
        || !stored.key().name().equals(name)
        || !stored.key().uid().equals(entry.keyUid())) {
      throw damaged.report(name, "the database answers with another key");
    }
    return stored;
  }

  /// A key whose rows are known to belong to the entry.
  static StoredKey stored(LogEntry entry, KeyRows rows) {
    return new StoredKey(rows.decode(), entry.revision(), etag(entry));
  }

  /// Of the revision too: a key that is changed back has the rows of before, and is another one to
  /// whoever saw it between.
  private static String etag(LogEntry entry) {
    var hash = entry.rowsHash();
    var seen = ByteBuffer.allocate(Long.BYTES + hash.length).putLong(entry.revision()).put(hash);
    return HexFormat.of().formatHex(Sha256.of(seen.array()), 0, ETAG_BYTES);
  }
}
