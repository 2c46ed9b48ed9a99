package dev.keyservice.store;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.RotationSchedule;
import dev.keyservice.key.VersionState;
import dev.keyservice.root.WrappedMaterial;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The row of a key and the rows of all its versions, ascending: what an entry of the change log
/// vouches for.
record KeyRows(Row key, List<Row> versions) {
  private static final int UID = 0;
  private static final int RING = 1;
  private static final int NAME = 2;
  private static final int PURPOSE = 3;
  private static final int ALGORITHM = 4;
  private static final int PRIMARY = 5;
  private static final int LABELS = 6;
  private static final int CREATE_TIME = 7;
  private static final int ROTATION_PERIOD = 8;
  private static final int NEXT_ROTATION_TIME = 9;
  private static final int DESTROY_WINDOW = 10;
  private static final int DELETION_PROTECTION = 11;
  private static final int ROW_FORMAT = 12;

  private static final int NUMBER = 1;
  private static final int STATE = 2;
  private static final int VERSION_ALGORITHM = 3;
  private static final int VERSION_CREATE_TIME = 4;
  private static final int STORE_KEY_ID = 5;
  private static final int MATERIAL = 6;
  private static final int DESTROY_TIME = 7;
  private static final int DESTROY_EVENT_TIME = 8;

  /// Which columns are hashed, the first of each table. A format is the first byte of what is
  /// hashed; columns that a format does not hash are NULL in its rows.
  private enum Format {
    FORMAT_1(1, ROTATION_PERIOD, DESTROY_TIME),
    FORMAT_2(2, ROW_FORMAT, DESTROY_EVENT_TIME + 1);

    private final int number;
    private final int keyColumns;
    private final int versionColumns;

    Format(int number, int keyColumns, int versionColumns) {
      this.number = number;
      this.keyColumns = keyColumns;
      this.versionColumns = versionColumns;
    }

    /// @throws IllegalArgumentException when it is none
    static Format of(Row key) {
      for (var format : values()) {
        if (format.number == key.integer(ROW_FORMAT)) {
          return format;
        }
      }
      throw new IllegalArgumentException("rows of a format that is none");
    }
  }

  /// In the newest format.
  static KeyRows of(CryptoKey key) {
    var uid = Row.bytes(key.uid());
    var settings = key.settings();
    var keyRow =
        Row.of(
            Table.CRYPTO_KEY,
            uid,
            key.name().ring(),
            key.name().key(),
            key.purpose().name(),
            settings.algorithm().name(),
            key.primary().isPresent() ? key.primary().getAsInt() : null,
            Labels.encode(settings.labels()),
            Microseconds.of(key.createTime()),
            settings.rotation().period().map(Microseconds::of).orElse(null),
            time(settings.rotation().next()),
            Microseconds.of(settings.destroyWindow()),
            settings.deletionProtection() ? 1 : 0,
            Format.FORMAT_2.number);
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
        version.material().map(WrappedMaterial::storeKeyId).orElse(null),
        version.material().map(WrappedMaterial::bytes).orElse(null),
        time(version.destroyTime()),
        time(version.destroyEventTime()));
  }

  private static @Nullable Long time(Optional<Instant> time) {
    return time.map(Microseconds::of).orElse(null);
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
        return Optional.of(new KeyRows(key, readVersions(connection, key.bytes(UID))));
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

  /// Writes what is not as it was.
  ///
  /// @param before the rows as they are in the database
  void update(Connection connection, KeyRows before) throws SQLException {
    if (!key.hasTheValuesOf(before.key)) {
      Table.CRYPTO_KEY.update(connection, key, UID + 1);
    }
    for (int i = 0; i < versions.size(); i++) {
      var version = versions.get(i);
      if (i >= before.versions.size()) {
        Table.CRYPTO_KEY_VERSION.insert(connection, version);
      } else if (!version.hasTheValuesOf(before.versions.get(i))) {
        Table.CRYPTO_KEY_VERSION.update(connection, version, NUMBER + 1);
      }
    }
  }

  /// SHA-256 of [#canonical].
  byte[] hash() {
    return Sha256.of(canonical());
  }

  /// The format, every hashed column of the key and every one of each version, each with its
  /// length.
  ///
  /// @throws IllegalArgumentException when a column has a value that would not be hashed
  byte[] canonical() {
    var format = Format.of(key);
    requireEmpty(key, format.keyColumns, ROW_FORMAT);
    var sequence = LengthPrefixed.tagged((byte) format.number);
    var _ = key.appendTo(sequence, format.keyColumns);
    for (var version : versions) {
      requireEmpty(version, format.versionColumns, DESTROY_EVENT_TIME + 1);
      var _ = version.appendTo(sequence, format.versionColumns);
    }
    return sequence.toByteArray();
  }

  private static void requireEmpty(Row row, int from, int to) {
    if (!row.isEmpty(from, to)) {
      throw new IllegalArgumentException("a row of an old format has values of a newer one");
    }
  }

  /// The key that the rows describe. Only asked once their hash is known to be right.
  ///
  /// @throws IllegalArgumentException when a value means nothing to this version of the service
  CryptoKey decode() {
    var primary = key.optionalInteger(PRIMARY);
    return new CryptoKey(
        new CryptoKeyName(key.text(RING), key.text(NAME)),
        key.uuid(UID),
        Purpose.valueOf(key.text(PURPOSE)),
        settings(),
        primary.isPresent() ? OptionalInt.of(key.smallInteger(PRIMARY)) : OptionalInt.empty(),
        Microseconds.toInstant(key.integer(CREATE_TIME)),
        versions.stream().map(KeyRows::decode).toList());
  }

  private KeySettings settings() {
    var algorithm = Algorithm.valueOf(key.text(ALGORITHM));
    var labels = Labels.decode(key.bytes(LABELS));
    if (Format.of(key) == Format.FORMAT_1) {
      return KeySettings.of(algorithm).withLabels(labels);
    }
    return new KeySettings(
        algorithm,
        labels,
        new RotationSchedule(duration(key, ROTATION_PERIOD), instant(key, NEXT_ROTATION_TIME)),
        duration(key, DESTROY_WINDOW).orElseThrow(IllegalArgumentException::new),
        key.integer(DELETION_PROTECTION) != 0);
  }

  private static CryptoKeyVersion decode(Row version) {
    return new CryptoKeyVersion(
        version.smallInteger(NUMBER),
        VersionState.valueOf(version.text(STATE)),
        Algorithm.valueOf(version.text(VERSION_ALGORITHM)),
        Microseconds.toInstant(version.integer(VERSION_CREATE_TIME)),
        material(version),
        instant(version, DESTROY_TIME),
        instant(version, DESTROY_EVENT_TIME));
  }

  private static Optional<WrappedMaterial> material(Row version) {
    return version.isEmpty(STORE_KEY_ID, MATERIAL + 1)
        ? Optional.empty()
        : Optional.of(
            new WrappedMaterial(version.smallInteger(STORE_KEY_ID), version.bytes(MATERIAL)));
  }

  private static Optional<Instant> instant(Row row, int column) {
    var time = row.optionalInteger(column);
    return time.isPresent()
        ? Optional.of(Microseconds.toInstant(time.getAsLong()))
        : Optional.empty();
  }

  private static Optional<Duration> duration(Row row, int column) {
    var length = row.optionalInteger(column);
    return length.isPresent()
        ? Optional.of(Duration.of(length.getAsLong(), ChronoUnit.MICROS))
        : Optional.empty();
  }
}
