package dev.keyservice.store;

import dev.keyservice.failure.SettingRefused;
import io.agroal.api.AgroalPoolInterceptor;
import io.quarkus.agroal.DataSource;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/// Makes every new connection to SQLite durable and careful, and refuses one that is not.
///
/// These settings belong to a connection, not to the file, and SQLite ignores a pragma that it does
/// not know or cannot follow. So each is read back.
@Singleton
@DataSource(SqliteConnections.DATA_SOURCE)
final class SqliteConnections implements AgroalPoolInterceptor {
  /// The name of the data source in Quarkus's configuration.
  static final String DATA_SOURCE = "sqlite";

  /// @param set what is asked for
  /// @param readBack what SQLite then says
  private record Pragma(String name, String set, String readBack) {}

  private static final List<Pragma> PRAGMAS =
      List.of(
          // First, since changing the journal may have to wait for another connection.
          new Pragma("busy_timeout", "5000", "5000"),
          new Pragma("journal_mode", "WAL", "wal"),
          // FULL: each commit is on disk before it is acknowledged. WAL's default loses the last
          // ones.
          new Pragma("synchronous", "FULL", "2"),
          new Pragma("foreign_keys", "ON", "1"),
          // Overwrites what is deleted: a destroyed key must not stay in a free page.
          new Pragma("secure_delete", "ON", "1"));

  @Override
  public void onConnectionCreate(Connection connection) {
    try {
      for (var pragma : PRAGMAS) {
        apply(connection, pragma);
      }
    } catch (SQLException e) {
      close(connection);
      throw StoreFile.refused("it cannot be opened as a database (" + e.getMessage() + ")");
    } catch (SettingRefused e) {
      close(connection);
      throw e;
    }
  }

  private static void apply(Connection connection, Pragma pragma) throws SQLException {
    try (var statement = connection.createStatement()) {
      var _ = statement.execute("PRAGMA " + pragma.name() + "=" + pragma.set());
    }
    requireThat(connection, pragma);
  }

  /// Refuses a connection of a pool to which this class does not belong.
  static void requireSettings(Connection connection) throws SQLException {
    for (var pragma : PRAGMAS) {
      requireThat(connection, pragma);
    }
  }

  private static void requireThat(Connection connection, Pragma pragma) throws SQLException {
    try (var statement = connection.createStatement();
        var result = statement.executeQuery("PRAGMA " + pragma.name())) {
      var value = result.next() ? result.getString(1) : "nothing";
      if (!pragma.readBack().equals(value)) {
        throw StoreFile.refused(
            "SQLite answers %s to PRAGMA %s=%s; the service does not store keys like that"
                .formatted(value, pragma.name(), pragma.set()));
      }
    }
  }

  /// The pool forgets a connection that is refused, and would leave its file open.
  private static void close(Connection connection) {
    try {
      connection.unwrap(org.sqlite.SQLiteConnection.class).close();
    } catch (SQLException e) {
      // It is refused with the first cause; there is nothing to add.
    }
  }

  @Override
  public int getPriority() {
    return 0;
  }
}
