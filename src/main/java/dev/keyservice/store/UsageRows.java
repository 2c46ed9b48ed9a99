package dev.keyservice.store;

import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Usage;
import dev.keyservice.root.StoreKeys;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// How often versions were used, in the database. A row that cannot be believed is left as it is:
/// what it said is not known any more, and counting on from it would hide that.
final class UsageRows {
  private static final int NUMBER = 1;
  private static final int USES = CountRows.COUNT;
  private static final int LAST_USE = CountRows.COUNT + 1;

  private final CountRows rows;
  private final DamagedKeys damaged;

  UsageRows(StoreKeys keys, DamagedKeys damaged) {
    this.rows = new CountRows(Table.VERSION_USAGE, keys, StoreKeys::usageMac);
    this.damaged = damaged;
  }

  /// Adds uses, unless they have been added already.
  void add(Connection connection, VersionId version, PendingUses pending) throws SQLException {
    var row = rows.read(connection, version);
    if (row.isEmpty()) {
      rows.insert(connection, sealed(version, 0, pending));
    } else if (!rows.isAuthentic(row.get(), version)) {
      damaged.reportUsage(version);
    } else if (!pending.isIn(row.get().integer(USES))) {
      add(connection, version, row.get().integer(USES), pending);
    }
  }

  private void add(Connection connection, VersionId version, long before, PendingUses pending)
      throws SQLException {
    if (!rows.replace(connection, version, sealed(version, before, pending))) {
      damaged.reportUsage(version);
    }
  }

  private Row sealed(VersionId version, long before, PendingUses pending) {
    return rows.sealed(version, pending.addedTo(before), pending.delta().lastUse());
  }

  /// What is stored of the versions of a key, by their number.
  Map<Integer, Usage> read(Connection connection, UUID keyUid) throws SQLException {
    var usages = new HashMap<Integer, Usage>();
    try (var statement = Table.VERSION_USAGE.select(connection, "WHERE key_uid = ?")) {
      statement.setBytes(1, Row.bytes(keyUid));
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          var row = Row.read(Table.VERSION_USAGE, result);
          var number = row.integer(NUMBER);
          if (number == (int) number) { // else it is about nothing of ours
            usages.put((int) number, usage(row, new VersionId(keyUid, (int) number)));
          }
        }
      }
    }
    return usages;
  }

  private Usage usage(Row row, VersionId version) {
    if (!rows.isAuthentic(row, version)) {
      damaged.reportUsage(version);
      return new Usage(0, Optional.empty(), false);
    }
    return new Usage(
        row.integer(USES), Optional.of(Microseconds.toInstant(row.integer(LAST_USE))), true);
  }
}
