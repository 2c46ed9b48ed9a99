package dev.keyservice.store;

import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.failure.Failure;
import dev.keyservice.root.StoreKeys;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The rows of a table that counts something of each version: its first columns name the version,
/// its last two hold the store key and a MAC over `0x01` and every column before the MAC.
///
/// They change too often for the change log. So an older copy of a row, put back while nobody
/// remembers the newer one, is believed.
final class CountRows {
  /// The first column after the name of the version.
  static final int COUNT = 2;

  private static final byte FORMAT = 0x01;
  private static final int KEY_UID = 0;
  private static final int NUMBER = 1;

  private final Table table;
  private final StoreKeys keys;
  private final Macs macs;

  /// The MACs of a table.
  @FunctionalInterface
  interface Macs {
    byte[] mac(StoreKeys keys, int storeKeyId, byte[] canonicalRow);
  }

  CountRows(Table table, StoreKeys keys, Macs macs) {
    this.table = table;
    this.keys = keys;
    this.macs = macs;
  }

  /// A row to be written, with its MAC.
  ///
  /// @param values of the columns between the name of the version and the store key
  Row sealed(VersionId version, long... values) {
    var columns = new @Nullable Object[table.columns().size()];
    columns[KEY_UID] = Row.bytes(version.keyUid());
    columns[NUMBER] = version.number();
    for (int i = 0; i < values.length; i++) {
      columns[COUNT + i] = values[i];
    }
    columns[storeKeyId()] = keys.activeId();
    columns[mac()] = new byte[0];
    var row = Row.of(table, columns);
    return row.with(mac(), macs.mac(keys, keys.activeId(), canonical(row)));
  }

  /// The row of a version, not yet verified.
  Optional<Row> read(Connection connection, VersionId version) throws SQLException {
    try (var statement = table.select(connection, "WHERE key_uid = ? AND number = ?")) {
      bind(statement, 1, version);
      try (var result = statement.executeQuery()) {
        return result.next() ? Optional.of(Row.read(table, result)) : Optional.empty();
      }
    }
  }

  private static void bind(PreparedStatement statement, int at, VersionId version)
      throws SQLException {
    statement.setBytes(at, Row.bytes(version.keyUid()));
    statement.setInt(at + 1, version.number());
  }

  /// Whether this store wrote a row, and about this version.
  boolean isAuthentic(Row row, VersionId version) {
    try {
      var expected = macs.mac(keys, row.smallInteger(storeKeyId()), canonical(row));
      return MessageDigest.isEqual(expected, row.bytes(mac()))
          && row.uuid(KEY_UID).equals(version.keyUid())
          && row.integer(NUMBER) == version.number();
    } catch (Failure.DataLoss | IllegalArgumentException e) {
      return false; // names a store key that is not there, or is no row of ours at all
    }
  }

  void insert(Connection connection, Row row) throws SQLException {
    table.insert(connection, row);
  }

  /// Writes a row in the place of the one that is there.
  ///
  /// @return whether there was exactly one
  boolean replace(Connection connection, VersionId version, Row row) throws SQLException {
    var columns =
        table.columns().stream()
            .map(column -> column.name() + " = ?")
            .collect(Collectors.joining(", "));
    var sql =
        "UPDATE " + table.tableName() + " SET " + columns + " WHERE key_uid = ? AND number = ?";
    try (var statement = connection.prepareStatement(sql)) {
      row.bind(statement);
      bind(statement, table.columns().size() + 1, version);
      return statement.executeUpdate() == 1;
    }
  }

  /// What the MAC is over.
  byte[] canonical(Row row) {
    return row.appendTo(LengthPrefixed.tagged(FORMAT), mac()).toByteArray();
  }

  private int storeKeyId() {
    return table.columns().size() - 2;
  }

  private int mac() {
    return table.columns().size() - 1;
  }
}
