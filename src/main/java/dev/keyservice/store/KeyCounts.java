package dev.keyservice.store;

import dev.keyservice.key.VersionState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;

/// How much the store holds, as its rows say: for metrics, and not verified against the change log.
///
/// @param keys of all rings
/// @param versions by state; a state without an entry has none
public record KeyCounts(long keys, Map<VersionState, Long> versions) {
  public KeyCounts {
    versions = Map.copyOf(versions);
  }

  static KeyCounts read(Connection connection) throws SQLException {
    return new KeyCounts(keys(connection), versions(connection));
  }

  private static long keys(Connection connection) throws SQLException {
    try (var statement = connection.prepareStatement("SELECT COUNT(*) FROM crypto_key");
        var result = statement.executeQuery()) {
      return result.next() ? result.getLong(1) : 0;
    }
  }

  /// A state that is none of ours, as in a database that was changed, is left out.
  private static Map<VersionState, Long> versions(Connection connection) throws SQLException {
    var counts = new EnumMap<VersionState, Long>(VersionState.class);
    try (var statement =
            connection.prepareStatement(
                "SELECT state, COUNT(*) FROM crypto_key_version GROUP BY state");
        var result = statement.executeQuery()) {
      while (result.next()) {
        var state = result.getString(1);
        for (var known : VersionState.values()) {
          if (known.name().equals(state)) {
            counts.put(known, result.getLong(2));
          }
        }
      }
    }
    return counts;
  }
}
