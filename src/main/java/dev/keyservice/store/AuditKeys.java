package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.Microseconds;
import dev.keyservice.root.StoreKeys;
import dev.keyservice.root.WrappedMaterial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;

/// The Ed25519 key pair that signs the audit log: random, and kept wrapped in the store.
public final class AuditKeys implements AutoCloseable {
  private static final int ID = 1;

  private final byte[] privateKey;
  private final byte[] publicKey;

  private AuditKeys(byte[] privateKey, byte[] publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /// Those of a store, made when there are none.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when they do not open
  static AuditKeys open(Connection connection, SqlDialect dialect, StoreKeys keys, Clock clock)
      throws SQLException {
    var known = read(connection);
    if (known.isPresent()) {
      return opened(known.get(), keys);
    }
    var created = generate();
    var wrapped = keys.wrapAuditKey(created.privateKey, created.publicKey);
    dialect.beginWrite(connection);
    Table.AUDIT_KEY.insert(
        connection,
        Row.of(
            Table.AUDIT_KEY,
            ID,
            created.publicKey,
            wrapped.storeKeyId(),
            wrapped.bytes(),
            Microseconds.of(clock.instant())));
    dialect.commit(connection);
    return created;
  }

  private static Optional<Row> read(Connection connection) throws SQLException {
    try (var statement = Table.AUDIT_KEY.select(connection, "ORDER BY id DESC LIMIT 1");
        var result = statement.executeQuery()) {
      return result.next() ? Optional.of(Row.read(Table.AUDIT_KEY, result)) : Optional.empty();
    }
  }

  private static AuditKeys opened(Row row, StoreKeys keys) {
    try {
      var publicKey = row.bytes(1);
      var wrapped = new WrappedMaterial(row.smallInteger(2), row.bytes(3));
      return new AuditKeys(keys.unwrapAuditKey(wrapped, publicKey), publicKey);
    } catch (Failure.DataLoss | IllegalArgumentException e) {
      throw StoreFile.refused("the key of the audit log is damaged; restore a backup");
    }
  }

  private static AuditKeys generate() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      return new AuditKeys(pair.getPrivate().getEncoded(), pair.getPublic().getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }

  /// The public half of a store that may be in use: a SubjectPublicKeyInfo (RFC 8410). Nothing
  /// secret is needed to read it, and nothing vouches for it but who could write the database.
  ///
  /// @return empty when there is no such store, or it has none yet
  public static Optional<byte[]> publicKeyIn(Path store) {
    if (!Files.isRegularFile(store)) {
      return Optional.empty();
    }
    try (var connection = DriverManager.getConnection(SqlitePool.url(store));
        var statement = connection.createStatement()) {
      // Not opened read-only: that fails where the log beside the database has yet to be made.
      var _ = statement.execute("PRAGMA query_only=ON");
      return read(connection).map(row -> row.bytes(1));
    } catch (SQLException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// The private half, PKCS#8. Zeroed when this is closed.
  public byte[] privateKey() {
    return privateKey;
  }

  /// The public half, a SubjectPublicKeyInfo (RFC 8410).
  public byte[] publicKey() {
    return publicKey;
  }

  @Override
  public void close() {
    Arrays.fill(privateKey, (byte) 0);
  }
}
