package dev.keyservice.store;

import dev.keyservice.key.Microseconds;
import dev.keyservice.root.RootKeyProvider;
import dev.keyservice.root.StoreKeys;
import dev.keyservice.root.WrappedStoreKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Which store this is, and the keys that it keeps for itself.
///
/// The id is drawn once and goes into everything that is wrapped or authenticated here, so that
/// rows of another store mean nothing in this one.
record StoreIdentity(UUID id, List<WrappedStoreKey> keys) {
  /// What a version of the service must understand to read the store at all.
  private static final int FORMAT = 1;

  /// Draws the identity of a new store and makes its first store key under the active root key.
  static StoreIdentity create(Connection connection, RootKeyProvider rootKeys, Clock clock)
      throws SQLException {
    var id = UUID.randomUUID();
    var key = StoreKeys.create(1, id, rootKeys);
    try (var statement =
        connection.prepareStatement("INSERT INTO store (singleton, id, format) VALUES (1, ?, ?)")) {
      statement.setBytes(1, Row.bytes(id));
      statement.setInt(2, FORMAT);
      var _ = statement.executeUpdate();
    }
    var time = Microseconds.of(clock.instant());
    Table.STORE_KEY.insert(
        connection, Row.of(Table.STORE_KEY, key.id(), key.rootKeyId(), key.wrapped(), time));
    return new StoreIdentity(id, List.of(key));
  }

  /// Reads the identity; empty in a database without any rows of ours.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when it is of another format or incomplete
  static Optional<StoreIdentity> read(Connection connection) throws SQLException {
    var keys = readKeys(connection);
    try (var statement = connection.prepareStatement("SELECT id, format FROM store");
        var result = statement.executeQuery()) {
      if (!result.next()) {
        refuseIfNotEmpty(connection, keys);
        return Optional.empty();
      }
      if (result.getLong(2) != FORMAT) {
        throw StoreFile.refused(
            "the store has format %d, and this version of the service reads format %d; run the version that served it"
                .formatted(result.getLong(2), FORMAT));
      }
      if (keys.isEmpty()) {
        throw incomplete();
      }
      var id = Row.uuid(result.getBytes(1)).orElseThrow(StoreIdentity::incomplete);
      return Optional.of(new StoreIdentity(id, keys));
    }
  }

  private static List<WrappedStoreKey> readKeys(Connection connection) throws SQLException {
    var keys = new ArrayList<WrappedStoreKey>();
    try (var statement = Table.STORE_KEY.select(connection, "ORDER BY id");
        var result = statement.executeQuery()) {
      while (result.next()) {
        var row = Row.read(Table.STORE_KEY, result);
        keys.add(new WrappedStoreKey(row.smallInteger(0), row.text(1), row.bytes(2)));
      }
      return keys;
    } catch (IllegalArgumentException e) {
      throw incomplete();
    }
  }

  /// A new identity over old rows would be a store of which nothing can be opened.
  private static void refuseIfNotEmpty(Connection connection, List<WrappedStoreKey> keys)
      throws SQLException {
    try (var statement =
            connection.prepareStatement(
                "SELECT 1 FROM change_log UNION ALL SELECT 1 FROM crypto_key");
        var result = statement.executeQuery()) {
      if (!keys.isEmpty() || result.next()) {
        throw incomplete();
      }
    }
  }

  private static RuntimeException incomplete() {
    return StoreFile.refused("rows of the store itself are missing or damaged; restore a backup");
  }
}
