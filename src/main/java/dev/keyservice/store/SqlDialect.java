package dev.keyservice.store;

import java.sql.Connection;
import java.sql.SQLException;

/// What differs between databases; all other SQL is the same for each.
sealed interface SqlDialect permits SqliteDialect {

  /// Begins a transaction that sees one state of the database and changes nothing.
  void beginRead(Connection connection) throws SQLException;

  /// Begins a transaction that no other writer can run beside.
  void beginWrite(Connection connection) throws SQLException;

  /// Makes the transaction durable. When it throws, nobody knows whether it did.
  void commit(Connection connection) throws SQLException;

  /// Ends the transaction without a trace.
  void rollback(Connection connection) throws SQLException;

  /// Removes from the files what was overwritten or deleted, outside of a transaction.
  ///
  /// @return whether all of it is gone; otherwise somebody still reads
  boolean eraseTraces(Connection connection) throws SQLException;

  /// The SQL expression that makes text of a parameter of bytes, whatever the bytes are.
  String textOfBytes();

  /// Whether the database says that what it read is damaged, as opposed to not being able to read.
  boolean isCorruption(SQLException failure);
}
