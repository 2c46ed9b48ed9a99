package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.StoredKey;
import io.smallrye.mutiny.Uni;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/// Keeps keys in a database, over JDBC on threads of its own.
final class JdbcKeyStore implements KeyStore {
  private static final Logger LOG = Logger.getLogger(JdbcKeyStore.class);

  private final Transactions transactions;
  private final StoreThreads threads;
  private final ChangeLog log;
  private final KeyReader reader;
  private final KeyLists lists;
  private final ChangeReader changes;
  private final Commits commits;
  private final NonceBlocks nonceBlocks;
  private final Clock clock;

  /// For good: what else the log lost is known only once it is verified from the first entry.
  private volatile boolean broken;

  JdbcKeyStore(
      Transactions transactions,
      StoreThreads threads,
      ChangeLog log,
      Commits commits,
      DamagedKeys damaged,
      NonceBlocks nonceBlocks,
      Clock clock) {
    this.transactions = transactions;
    this.threads = threads;
    this.log = log;
    this.reader = new KeyReader(log, transactions.dialect(), damaged);
    this.lists = new KeyLists(new KeyNames(transactions.dialect()), reader, damaged);
    this.changes = new ChangeReader(log, reader);
    this.commits = commits;
    this.nonceBlocks = nonceBlocks;
    this.clock = clock;
  }

  @Override
  public Uni<StoredKey> create(CryptoKey key, String actor) {
    return threads.write("create_key", () -> createNow(key, actor));
  }

  private StoredKey createNow(CryptoKey key, String actor) {
    if (broken) {
      throw writesAreRefused();
    }
    try {
      var created = transactions.write(connection -> create(connection, key, actor));
      log.committed();
      commits.reached(created.revision());
      return created;
    } catch (BrokenLog e) {
      noteBroken(e);
      throw writesAreRefused();
    } catch (Failure.Unavailable e) {
      commits.unknown();
      throw e;
    }
  }

  /// The newest revision. Blocks.
  long newestNow() {
    return transactions.read(log::newest);
  }

  /// Entries of the log after a revision, verified. Blocks.
  ///
  /// @return empty when the log does not hold the revision
  List<ChangeEntry> entriesNow(long after, int limit) {
    try {
      return transactions
          .read(connection -> log.after(connection, after, limit))
          .orElse(List.of())
          .stream()
          .map(JdbcKeyStore::entry)
          .toList();
    } catch (BrokenLog e) {
      noteBroken(e);
      throw writesAreRefused();
    }
  }

  private static ChangeEntry entry(LogEntry entry) {
    return new ChangeEntry(
        entry.revision(), entry.time(), entry.actor(), entry.action(), entry.name(), entry.mac());
  }

  private void noteBroken(BrokenLog found) {
    broken = true;
    LOG.errorf(
        "%s: every write is refused from now on. Stop the service and restore a backup",
        found.getMessage());
  }

  private static Failure.Unavailable writesAreRefused() {
    return new Failure.Unavailable(
        Reason.STORE_UNAVAILABLE, "the store's change log is broken; writes are refused");
  }

  /// Fails when nothing can be written, or when the log is not what it was.
  Uni<?> confirmed() {
    return threads.write("follow_log", this::confirmNow);
  }

  private long confirmNow() {
    if (broken) {
      throw writesAreRefused();
    }
    try {
      return transactions.read(log::follow);
    } catch (BrokenLog e) {
      noteBroken(e);
      throw writesAreRefused();
    }
  }

  /// How much there is in the store.
  Uni<KeyCounts> counts() {
    return threads.read("count_keys", () -> transactions.read(KeyCounts::read));
  }

  /// The newest revision that this process knows of.
  long knownRevision() {
    return commits.newest();
  }

  /// How many followers wait for a change.
  int waiting() {
    return commits.waiting();
  }

  /// Whether a write found the change log broken since the start. None is made from then on; keys
  /// that can be believed are still read.
  boolean isBroken() {
    return broken;
  }

  private StoredKey create(Connection connection, CryptoKey key, String actor)
      throws SQLException, BrokenLog {
    var name = key.name();
    // Believed or not: a name that was ever used stays taken.
    if (log.newest(connection, name).isPresent() || KeyRows.read(connection, name).isPresent()) {
      throw new Failure.AlreadyExists(name.resource());
    }
    var rows = KeyRows.of(key);
    rows.insert(connection);
    for (var version : key.versions()) {
      nonceBlocks.begin(connection, key.uid(), version);
    }
    var change = new Change(actor, Change.Action.CREATE_KEY, key.uid(), name);
    var entry = log.append(connection, change, Microseconds.of(clock.instant()), rows.hash());
    return KeyReader.stored(entry, rows);
  }

  @Override
  public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
    return threads.read(
        "get_key", () -> transactions.read(connection -> reader.read(connection, name)));
  }

  @Override
  public Uni<KeyPage> list(
      KeyRingName ring, Optional<String> after, int limit, Predicate<CryptoKeyName> visible) {
    return threads.search(
        "list_keys",
        awaited ->
            transactions.read(connection ->
                lists.keys(
                    connection,
                    ring,
                    after.orElse(""),
                    new KeyLists.Page(limit, visible, awaited))));
  }

  @Override
  public Uni<RingPage> listRings(
      Optional<String> after, int limit, Predicate<CryptoKeyName> visible) {
    return threads.search(
        "list_rings",
        awaited ->
            transactions.read(connection ->
                lists.rings(
                    connection, after.orElse(""), new KeyLists.Page(limit, visible, awaited))));
  }

  @Override
  public Uni<Long> newestRevision() {
    return threads.read("newest_revision", () -> transactions.read(log::newest));
  }

  @Override
  public Uni<ChangePage> changes(long after, int limit, Predicate<CryptoKeyName> visible) {
    return threads.follow(
        "read_changes", awaited -> changesNow(after, new KeyLists.Page(limit, visible, awaited)));
  }

  private ChangePage changesNow(long after, KeyLists.Page page) {
    try {
      return transactions.read(connection -> changes.read(connection, after, page));
    } catch (BrokenLog e) {
      noteBroken(e);
      throw new Failure.Unavailable(
          Reason.STORE_UNAVAILABLE, "the store's change log is broken; it cannot be followed");
    }
  }

  @Override
  public Uni<Void> changedSince(long revision) {
    return commits.since(revision);
  }
}
