package dev.keyservice.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/// Somebody who can write the database file, and whom no constraint of it holds back.
final class Tampering implements AutoCloseable {
  private final Connection connection;

  private Tampering(Connection connection) {
    this.connection = connection;
  }

  static Tampering with(Path file) throws SQLException {
    var tampering = new Tampering(DriverManager.getConnection(SqlitePool.url(file)));
    tampering.run("PRAGMA foreign_keys=OFF");
    tampering.run("PRAGMA ignore_check_constraints=ON");
    tampering.run("PRAGMA synchronous=OFF");
    return tampering;
  }

  Connection connection() {
    return connection;
  }

  /// Runs a statement.
  void run(String sql, Object... parameters) throws SQLException {
    var _ = update(sql, parameters);
  }

  /// Runs a statement and returns how many rows it changed.
  int update(String sql, Object... parameters) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement.execute() ? 0 : statement.getUpdateCount();
    }
  }

  /// How many rows a query has.
  int count(String sql) throws SQLException {
    var rows = 0;
    try (var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows++;
      }
    }
    return rows;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
