package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.ChangeAction;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyChange;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.StoredKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// One change of one key, within a transaction: rows, entry of the change log and request.
final class KeyWriter {
  private final ChangeLog log;
  private final KeyReader reader;
  private final Requests requests;
  private final NonceBlocks nonceBlocks;
  private final Clock clock;

  KeyWriter(
      ChangeLog log, KeyReader reader, Requests requests, NonceBlocks nonceBlocks, Clock clock) {
    this.log = log;
    this.reader = reader;
    this.requests = requests;
    this.nonceBlocks = nonceBlocks;
    this.clock = clock;
  }

  ChangeOutcome create(Connection connection, CryptoKey key, ChangeTerms terms)
      throws SQLException, BrokenLog {
    var name = key.name();
    var done = requests.find(connection, terms, name.resource(), clock.instant());
    if (done.isPresent()) {
      return repeated(connection, done.get());
    }
    // Believed or not: a name that was ever used stays taken.
    if (log.newest(connection, name).isPresent() || KeyRows.read(connection, name).isPresent()) {
      throw new Failure.AlreadyExists(name.resource());
    }
    var change =
        new KeyChange(
            ChangeAction.CREATE_KEY,
            key,
            key.versions().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(key.versions().getFirst().number()));
    if (terms.validateOnly()) {
      return wouldBe(change, 0);
    }
    var rows = KeyRows.of(key);
    rows.insert(connection);
    beginVersions(connection, key, 0);
    return committed(connection, change, rows, terms);
  }

  ChangeOutcome change(
      Connection connection, CryptoKeyName name, ChangeTerms terms, KeyStore.Step step)
      throws SQLException, BrokenLog {
    var done = requests.find(connection, terms, name.resource(), clock.instant());
    if (done.isPresent()) {
      return repeated(connection, done.get());
    }
    var before = orNotFound(name, reader.read(connection, name));
    requireEtag(before, terms);
    var change = step.apply(before.key());
    if (change.isEmpty()) {
      return new ChangeOutcome(before, OptionalInt.empty(), OptionalLong.empty());
    }
    if (terms.validateOnly()) {
      return wouldBe(change.get(), before.revision());
    }
    var rows = KeyRows.of(change.get().key());
    var known = KeyRows.read(connection, name).orElseThrow(() -> new SQLException("a key is gone"));
    rows.update(connection, known);
    beginVersions(connection, change.get().key(), before.key().versions().size());
    return committed(connection, change.get(), rows, terms);
  }

  /// Begins to count the uses of versions that are new.
  ///
  /// @param known how many there were
  private void beginVersions(Connection connection, CryptoKey key, int known) throws SQLException {
    for (var version : key.versions().subList(known, key.versions().size())) {
      nonceBlocks.begin(connection, key.uid(), version);
    }
  }

  private ChangeOutcome committed(
      Connection connection, KeyChange change, KeyRows rows, ChangeTerms terms)
      throws SQLException, BrokenLog {
    var now = clock.instant();
    var entry = log.append(connection, terms.actor(), change, Microseconds.of(now), rows.hash());
    requests.add(connection, terms, change, entry.revision(), now);
    return new ChangeOutcome(
        KeyReader.stored(entry, rows), change.version(), OptionalLong.of(entry.revision()));
  }

  private ChangeOutcome repeated(Connection connection, Requests.Done done) throws SQLException {
    var now = orNotFound(done.name(), reader.read(connection, done.name()));
    return new ChangeOutcome(now, done.version(), OptionalLong.empty());
  }

  private static ChangeOutcome wouldBe(KeyChange change, long revision) {
    return new ChangeOutcome(
        new StoredKey(change.key(), revision, ""), change.version(), OptionalLong.empty());
  }

  private static StoredKey orNotFound(CryptoKeyName name, Optional<StoredKey> found) {
    return found.orElseThrow(() -> new Failure.NotFound(Reason.KEY_NOT_FOUND, name.resource()));
  }

  private static void requireEtag(StoredKey before, ChangeTerms terms) {
    if (terms.etag().isPresent() && !terms.etag().get().equals(before.etag())) {
      throw new Failure.Aborted(before.key().name().resource());
    }
  }
}
