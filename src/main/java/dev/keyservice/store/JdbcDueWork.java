package dev.keyservice.store;

import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.DueWork;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.ScheduleMark;
import dev.keyservice.key.VersionState;
import io.smallrye.mutiny.Uni;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What is due, found by indexes.
final class JdbcDueWork implements DueWork {
  private static final int MOST_AT_ONCE = 1_000;

  private final Transactions transactions;
  private final StoreThreads threads;

  JdbcDueWork(Transactions transactions, StoreThreads threads) {
    this.transactions = transactions;
    this.threads = threads;
  }

  @Override
  public Uni<List<CryptoKeyName>> rotations(Instant now) {
    return threads.read(
        "due_rotations", () -> transactions.read(connection -> rotations(connection, now)));
  }

  private static List<CryptoKeyName> rotations(Connection connection, Instant now)
      throws SQLException {
    var sql =
        "SELECT ring, name FROM crypto_key WHERE next_rotation_time <= ?"
            + " ORDER BY next_rotation_time LIMIT ?";
    try (var statement = connection.prepareStatement(sql)) {
      statement.setLong(1, Microseconds.of(now));
      statement.setInt(2, MOST_AT_ONCE);
      var due = new ArrayList<CryptoKeyName>();
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          name(result.getString(1), result.getString(2)).ifPresent(due::add);
        }
      }
      return due;
    }
  }

  @Override
  public Uni<List<CryptoKeyVersionName>> destructions(Instant now) {
    return threads.read(
        "due_destructions", () -> transactions.read(connection -> destructions(connection, now)));
  }

  private static List<CryptoKeyVersionName> destructions(Connection connection, Instant now)
      throws SQLException {
    var sql =
        "SELECT k.ring, k.name, v.number FROM crypto_key_version v"
            + " JOIN crypto_key k ON k.uid = v.key_uid"
            + " WHERE v.destroy_time <= ? AND v.state = ? AND k.deletion_protection IS NOT 1"
            + " ORDER BY v.destroy_time LIMIT ?";
    try (var statement = connection.prepareStatement(sql)) {
      statement.setLong(1, Microseconds.of(now));
      statement.setString(2, VersionState.DESTROY_SCHEDULED.name());
      statement.setInt(3, MOST_AT_ONCE);
      var due = new ArrayList<CryptoKeyVersionName>();
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          var number = result.getInt(3);
          name(result.getString(1), result.getString(2))
              .filter(_ -> number > 0)
              .map(name -> name.version(number))
              .ifPresent(due::add);
        }
      }
      return due;
    }
  }

  /// Empty for what is no name, as in a database that was changed: whoever reads it reports it.
  private static Optional<CryptoKeyName> name(String ring, String key) {
    return KeyRingName.isValid(ring) && KeyRingName.isValid(key)
        ? Optional.of(new CryptoKeyName(ring, key))
        : Optional.empty();
  }

  @Override
  public Uni<Boolean> eraseTraces() {
    return threads.write("erase_traces", transactions::eraseTraces);
  }

  @Override
  public Uni<Optional<ScheduleMark>> mark() {
    return threads.read("read_mark", () -> transactions.read(JdbcDueWork::mark));
  }

  private static Optional<ScheduleMark> mark(Connection connection) throws SQLException {
    try (var statement = Table.SCHEDULE.select(connection, "");
        var result = statement.executeQuery()) {
      if (!result.next()) {
        return Optional.empty();
      }
      var row = Row.read(Table.SCHEDULE, result);
      return Optional.of(
          new ScheduleMark(
              Microseconds.toInstant(row.integer(1)), Microseconds.toInstant(row.integer(2))));
    }
  }

  @Override
  public Uni<Void> remember(ScheduleMark mark) {
    var row =
        Row.of(
            Table.SCHEDULE, 1, Microseconds.of(mark.lastRun()), Microseconds.of(mark.heldUntil()));
    return threads
        .write(
            "write_mark",
            () ->
                transactions.write(connection -> {
                  Table.SCHEDULE.replace(connection, row);
                  return true;
                }))
        .replaceWithVoid();
  }
}
