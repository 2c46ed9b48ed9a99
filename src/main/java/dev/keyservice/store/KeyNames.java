package dev.keyservice.store;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// The names of rings and keys in their order, one seek of an index each.
///
/// Names come from the change log as well as from the rows, so that neither deleted rows nor rows
/// that were put in unseen escape a list. A `SELECT DISTINCT` would read every change of every key.
/// They are bytes here, so that going on after a damaged name does not depend on how it is decoded:
/// a place is the name with each byte as one character, which for a valid name is the name.
final class KeyNames {
  private static final String NEXT_KEY =
      """
      SELECT MIN(name) FROM (
        SELECT MIN(key_name) AS name FROM change_log WHERE ring = :text AND key_name > :text
        UNION ALL
        SELECT MIN(name) AS name FROM crypto_key WHERE ring = :text AND name > :text) AS names
      """;

  private static final String NEXT_RING =
      """
      SELECT MIN(ring) FROM (
        SELECT MIN(ring) AS ring FROM change_log WHERE ring > :text
        UNION ALL
        SELECT MIN(ring) AS ring FROM crypto_key WHERE ring > :text) AS rings
      """;

  private final String nextKey;
  private final String nextRing;

  KeyNames(SqlDialect dialect) {
    this.nextKey = NEXT_KEY.replace(":text", dialect.textOfBytes());
    this.nextRing = NEXT_RING.replace(":text", dialect.textOfBytes());
  }

  /// The keys of a ring after a place, which is the empty one for all.
  Cursor keys(Connection connection, String ring, String after) {
    var ringBytes = ring.getBytes(StandardCharsets.UTF_8);
    return new Cursor(after, name -> first(connection, nextKey, ringBytes, name, ringBytes, name));
  }

  /// The rings after a place, which is the empty one for all.
  Cursor rings(Connection connection, String after) {
    return new Cursor(after, name -> first(connection, nextRing, name, name));
  }

  private static byte @Nullable [] first(Connection connection, String sql, byte[]... parameters)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setBytes(i + 1, parameters[i]);
      }
      try (var result = statement.executeQuery()) {
        return result.next() ? result.getBytes(1) : null;
      }
    }
  }

  @FunctionalInterface
  private interface Seek {
    byte @Nullable [] after(byte[] name) throws SQLException;
  }

  /// Goes from name to name.
  static final class Cursor {
    private final Seek seek;
    private byte[] at;

    private Cursor(String after, Seek seek) {
      this.at = after.getBytes(StandardCharsets.ISO_8859_1);
      this.seek = seek;
    }

    /// Whether there was another name.
    boolean advance() throws SQLException {
      var next = seek.after(at);
      if (next == null) {
        return false;
      }
      at = next;
      return true;
    }

    /// Where it stands.
    String place() {
      return new String(at, StandardCharsets.ISO_8859_1);
    }

    /// The name at which it stands. One whose bytes are no text is no valid name either.
    String name() {
      return new String(at, StandardCharsets.UTF_8);
    }
  }
}
