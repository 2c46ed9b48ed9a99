package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.root.StoreKeys;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// How many uses of each version are reserved, in the database: a row for every version of an
/// algorithm that limits them, from the moment on which there is the version.
///
/// A row that is missing is a row that was removed. It is not made again: what was reserved before
/// is not known any more.
final class NonceBlocks {
  private static final String PRIMARIES =
      """
      SELECT k.ring, k.name, k.uid, k.primary_version
      FROM nonce_block b
      JOIN crypto_key k ON k.uid = b.key_uid AND k.primary_version = b.number
      WHERE b.reserved >= ?
      ORDER BY b.reserved DESC
      LIMIT ?
      """;

  private final CountRows rows;
  private final DamagedKeys damaged;

  /// What has come of a reservation.
  ///
  /// @param uses that may be made now, from 0 to as many as were wanted
  /// @param total all that were ever reserved
  record Reserved(long uses, long total) {}

  NonceBlocks(StoreKeys keys, DamagedKeys damaged) {
    this.rows = new CountRows(Table.NONCE_BLOCK, keys, StoreKeys::nonceBlockMac);
    this.damaged = damaged;
  }

  /// Begins to count the uses of a version, if its algorithm wants that. Belongs into the
  /// transaction that inserts the version, after it.
  void begin(Connection connection, UUID keyUid, CryptoKeyVersion version) throws SQLException {
    if (version.algorithm().mostUses().isPresent()) {
      rows.insert(connection, rows.sealed(new VersionId(keyUid, version.number()), 0));
    }
  }

  /// Reserves uses; they may be made once the transaction is durable.
  ///
  /// @param wanted at least 1
  /// @param limit how many may be reserved in all
  /// @param known how many were reserved when this process last looked: fewer it cannot be
  /// @throws Failure.DataLoss when nobody knows how many are
  Reserved reserve(
      Connection connection,
      UUID keyUid,
      CryptoKeyVersionName name,
      long wanted,
      long limit,
      long known)
      throws SQLException {
    var version = new VersionId(keyUid, name.version());
    var row = rows.read(connection, version);
    if (row.isEmpty()) {
      throw damaged.reportUses(name, "the count of its uses is gone");
    }
    if (!rows.isAuthentic(row.get(), version)) {
      throw damaged.reportUses(name, "the count of its uses is not one that this store wrote");
    }
    var reserved = row.get().integer(CountRows.COUNT);
    if (reserved < known) {
      throw damaged.reportUses(name, "the count of its uses is an older one");
    }
    var uses = Math.clamp(limit - reserved, 0, wanted);
    if (uses > 0 && !rows.replace(connection, version, rows.sealed(version, reserved + uses))) {
      throw damaged.reportUses(name, "the count of its uses cannot be changed");
    }
    return new Reserved(uses, reserved + uses);
  }

  /// The primary versions of which at least so many uses are reserved, the most used first.
  ///
  /// @param limit how many at most
  List<CryptoKeyVersionName> primariesFrom(Connection connection, long reserved, int limit)
      throws SQLException {
    var found = new ArrayList<CryptoKeyVersionName>();
    try (var statement = connection.prepareStatement(PRIMARIES)) {
      statement.setLong(1, reserved);
      statement.setInt(2, limit);
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          primary(connection, result).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  /// Empty where the row is not ours, and where the key has no name that could be one.
  private Optional<CryptoKeyVersionName> primary(Connection connection, ResultSet found)
      throws SQLException {
    try {
      var name = new CryptoKeyName(found.getString(1), found.getString(2)).version(found.getInt(4));
      var uid = Row.uuid(found.getBytes(3));
      return uid.isPresent() && isOurs(connection, new VersionId(uid.get(), name.version()))
          ? Optional.of(name)
          : Optional.empty();
    } catch (Failure.InvalidArgument e) {
      return Optional.empty();
    }
  }

  private boolean isOurs(Connection connection, VersionId version) throws SQLException {
    return rows.read(connection, version).stream().anyMatch(row -> rows.isAuthentic(row, version));
  }
}
