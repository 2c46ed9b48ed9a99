package dev.keyservice.store;

import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyChange;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.RequestOnce;
import dev.keyservice.root.StoreKeys;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// The requests that were carried out in the last 24 hours: each changes something once.
///
/// Kept is a keyed hash of a request and what it was about, never an answer. The row is written in
/// the transaction of its change, so that there is either both or neither.
final class Requests {
  private static final Duration KEPT = Duration.ofHours(24);

  /// How many that are over are removed with each that comes.
  private static final int REMOVED_AT_ONCE = 100;

  private static final byte BODY = 0x01;
  private static final byte ROW = 0x02;

  private static final int BODY_HASH = 3;
  private static final int RING = 4;
  private static final int KEY_NAME = 5;
  private static final int VERSION = 6;
  private static final int TIME = 8;
  private static final int STORE_KEY_ID = 9;
  private static final int MAC = 10;

  private final StoreKeys keys;

  Requests(StoreKeys keys) {
    this.keys = keys;
  }

  /// What a request was about.
  record Done(CryptoKeyName name, OptionalInt version) {}

  /// Whether this very request was carried out before.
  ///
  /// @throws Failure.InvalidArgument when another one with the same id was
  /// @throws Failure.DataLoss naming what the request is about, when its row was changed
  Optional<Done> find(Connection connection, ChangeTerms terms, String resource, Instant now)
      throws SQLException {
    if (terms.request().isEmpty()) {
      return Optional.empty();
    }
    var request = terms.request().get();
    var found = read(connection, terms.actor(), request);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return done(found.get(), request, now);
    } catch (IllegalArgumentException e) {
      throw new Failure.DataLoss(resource);
    }
  }

  private Optional<Done> done(Row row, RequestOnce request, Instant now) {
    var storeKeyId = row.smallInteger(STORE_KEY_ID);
    if (!MessageDigest.isEqual(row.bytes(MAC), mac(storeKeyId, row))) {
      throw new IllegalArgumentException("a request that was not carried out here");
    }
    if (Microseconds.toInstant(row.integer(TIME)).plus(KEPT).isBefore(now)) {
      return Optional.empty();
    }
    if (!MessageDigest.isEqual(row.bytes(BODY_HASH), bodyHash(storeKeyId, request))) {
      throw Failure.invalid("request_id", "belongs to another request of the last 24 hours");
    }
    var version = row.optionalInteger(VERSION);
    return Optional.of(
        new Done(
            new CryptoKeyName(row.text(RING), row.text(KEY_NAME)),
            version.isPresent() ? OptionalInt.of(row.smallInteger(VERSION)) : OptionalInt.empty()));
  }

  private static Optional<Row> read(Connection connection, String caller, RequestOnce request)
      throws SQLException {
    try (var statement =
        Table.REQUEST.select(connection, "WHERE caller = ? AND method = ? AND request_id = ?")) {
      statement.setString(1, caller);
      statement.setString(2, request.method());
      statement.setBytes(3, Row.bytes(request.id()));
      try (var result = statement.executeQuery()) {
        return result.next() ? Optional.of(Row.read(Table.REQUEST, result)) : Optional.empty();
      }
    }
  }

  /// Remembers a request together with its change.
  ///
  /// @param revision of the change
  void add(Connection connection, ChangeTerms terms, KeyChange change, long revision, Instant now)
      throws SQLException {
    if (terms.request().isEmpty()) {
      return;
    }
    var request = terms.request().get();
    removeOld(connection, now);
    var storeKeyId = keys.activeId();
    var version = change.version();
    var row =
        Row.of(
            Table.REQUEST,
            terms.actor(),
            request.method(),
            Row.bytes(request.id()),
            bodyHash(storeKeyId, request),
            change.key().name().ring(),
            change.key().name().key(),
            version.isPresent() ? version.getAsInt() : null,
            revision,
            Microseconds.of(now),
            storeKeyId,
            new byte[0]);
    Table.REQUEST.replace(connection, row.with(MAC, mac(storeKeyId, row)));
  }

  private static void removeOld(Connection connection, Instant now) throws SQLException {
    var sql =
        "DELETE FROM request WHERE (caller, method, request_id) IN"
            + " (SELECT caller, method, request_id FROM request WHERE time < ? LIMIT ?)";
    try (var statement = connection.prepareStatement(sql)) {
      statement.setLong(1, Microseconds.of(now.minus(KEPT)));
      statement.setInt(2, REMOVED_AT_ONCE);
      var _ = statement.executeUpdate();
    }
  }

  private byte[] bodyHash(int storeKeyId, RequestOnce request) {
    return keys.requestMac(
        storeKeyId, LengthPrefixed.tagged(BODY).bytes(request.body()).toByteArray());
  }

  private byte[] mac(int storeKeyId, Row row) {
    return keys.requestMac(storeKeyId, row.appendTo(LengthPrefixed.tagged(ROW), MAC).toByteArray());
  }
}
