package dev.keyservice.store;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.VersionState;
import dev.keyservice.root.WrappedMaterial;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The row of a key and the rows of all its versions, ascending: what an entry of the change log
/// vouches for.
record KeyRows(Row key, List<Row> versions) {
  /// The first byte of what is hashed.
  private static final byte FORMAT = 0x01;

  static KeyRows of(CryptoKey key) {
    var uid = Row.bytes(key.uid());
    var keyRow =
        Row.of(
            Table.CRYPTO_KEY,
            uid,
            key.name().ring(),
            key.name().key(),
            key.purpose().name(),
            key.algorithm().name(),
            key.primary().isPresent() ? key.primary().getAsInt() : null,
            Labels.encode(key.labels()),
            Microseconds.of(key.createTime()));
    return new KeyRows(keyRow, key.versions().stream().map(version -> row(uid, version)).toList());
  }

  private static Row row(byte[] uid, CryptoKeyVersion version) {
    return Row.of(
        Table.CRYPTO_KEY_VERSION,
        uid,
        version.number(),
        version.state().name(),
        version.algorithm().name(),
        Microseconds.of(version.createTime()),
        version.material().storeKeyId(),
        version.material().bytes());
  }

  /// Reads the rows of a name; empty when there is no row of the key itself.
  static Optional<KeyRows> read(Connection connection, CryptoKeyName name) throws SQLException {
    try (var statement = Table.CRYPTO_KEY.select(connection, "WHERE ring = ? AND name = ?")) {
      statement.setString(1, name.ring());
      statement.setString(2, name.key());
      try (var result = statement.executeQuery()) {
        if (!result.next()) {
          return Optional.empty();
        }
        var key = Row.read(Table.CRYPTO_KEY, result);
        return Optional.of(new KeyRows(key, readVersions(connection, key.bytes(0))));
      }
    }
  }

  private static List<Row> readVersions(Connection connection, byte[] uid) throws SQLException {
    var versions = new ArrayList<Row>();
    try (var statement =
        Table.CRYPTO_KEY_VERSION.select(connection, "WHERE key_uid = ? ORDER BY number")) {
      statement.setBytes(1, uid);
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          versions.add(Row.read(Table.CRYPTO_KEY_VERSION, result));
        }
      }
    }
    return versions;
  }

  void insert(Connection connection) throws SQLException {
    Table.CRYPTO_KEY.insert(connection, key);
    for (var version : versions) {
      Table.CRYPTO_KEY_VERSION.insert(connection, version);
    }
  }

  /// SHA-256 of [#canonical].
  byte[] hash() {
    return Sha256.of(canonical());
  }

  /// `0x01`, every column of the key and every column of each version, each with its length.
  byte[] canonical() {
    var sequence = LengthPrefixed.tagged(FORMAT);
    var _ = key.appendTo(sequence, Table.CRYPTO_KEY.columns().size());
    for (var version : versions) {
      var _ = version.appendTo(sequence, Table.CRYPTO_KEY_VERSION.columns().size());
    }
    return sequence.toByteArray();
  }

  /// The key that the rows describe. Only asked once their hash is known to be right.
  ///
  /// @throws IllegalArgumentException when a value means nothing to this version of the service
  CryptoKey decode() {
    var primary = key.optionalInteger(5);
    return new CryptoKey(
        new CryptoKeyName(key.text(1), key.text(2)),
        key.uuid(0),
        Purpose.valueOf(key.text(3)),
        Algorithm.valueOf(key.text(4)),
        primary.isPresent() ? OptionalInt.of(key.smallInteger(5)) : OptionalInt.empty(),
        Labels.decode(key.bytes(6)),
        Microseconds.toInstant(key.integer(7)),
        versions.stream().map(KeyRows::decode).toList());
  }

  private static CryptoKeyVersion decode(Row version) {
    return new CryptoKeyVersion(
        version.smallInteger(1),
        VersionState.valueOf(version.text(2)),
        Algorithm.valueOf(version.text(3)),
        Microseconds.toInstant(version.integer(4)),
        new WrappedMaterial(version.smallInteger(5), version.bytes(6)));
  }
}
