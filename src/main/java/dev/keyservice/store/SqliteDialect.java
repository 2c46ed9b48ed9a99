package dev.keyservice.store;

import java.sql.Connection;
import java.sql.SQLException;

/// SQLite in WAL mode: readers see the state at their first statement and never wait for the
/// writer.
final class SqliteDialect implements SqlDialect {
  private static final int SQLITE_CORRUPT = 11;
  private static final int SQLITE_NOTADB = 26;

  /// Extended result codes carry the primary one in their lowest byte.
  private static final int PRIMARY_CODE = 0xFF;

  @Override
  public void beginRead(Connection connection) throws SQLException {
    execute(connection, "BEGIN");
  }

  /// Takes the write lock at once. A transaction that took it at its first write instead could have
  /// read what another has changed since, and would have to fail.
  @Override
  public void beginWrite(Connection connection) throws SQLException {
    execute(connection, "BEGIN IMMEDIATE");
  }

  @Override
  public void commit(Connection connection) throws SQLException {
    execute(connection, "COMMIT");
  }

  @Override
  public void rollback(Connection connection) throws SQLException {
    execute(connection, "ROLLBACK");
  }

  /// Deleted bytes are overwritten in the database itself (`secure_delete`); the log beside it
  /// holds the pages of before until it is emptied.
  @Override
  public boolean eraseTraces(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var result = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      return result.next() && result.getInt("busy") == 0;
    }
  }

  @Override
  public String textOfBytes() {
    return "CAST(? AS TEXT)";
  }

  @Override
  public boolean isCorruption(SQLException failure) {
    var code = failure.getErrorCode() & PRIMARY_CODE;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      var _ = statement.execute(sql);
    }
  }
}
