package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.StoredKey;
import io.smallrye.mutiny.Uni;
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
  private final KeyWriter writer;
  private final Commits commits;

  /// For good: what else the log lost is known only once it is verified from the first entry.
  private volatile boolean broken;

  JdbcKeyStore(
      Transactions transactions,
      StoreThreads threads,
      ChangeLog log,
      Requests requests,
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
    this.writer = new KeyWriter(log, reader, requests, nonceBlocks, clock);
    this.commits = commits;
  }

  @Override
  public Uni<ChangeOutcome> create(CryptoKey key, ChangeTerms terms) {
    return made("create_key", terms, connection -> writer.create(connection, key, terms));
  }

  @Override
  public Uni<ChangeOutcome> change(CryptoKeyName name, ChangeTerms terms, Step step) {
    return made("change_key", terms, connection -> writer.change(connection, name, terms, step));
  }

  private Uni<ChangeOutcome> made(
      String operation, ChangeTerms terms, Transactions.Work<ChangeOutcome, BrokenLog> work) {
    return terms.validateOnly()
        ? threads.read(operation, () -> unlessBroken(() -> transactions.read(work)))
        : threads.write(operation, () -> unlessBroken(() -> makeNow(work)));
  }

  private ChangeOutcome makeNow(Transactions.Work<ChangeOutcome, BrokenLog> work) throws BrokenLog {
    try {
      var outcome = transactions.write(work);
      if (outcome.revision().isPresent()) {
        log.committed();
        commits.reached(outcome.revision().getAsLong());
      }
      return outcome;
    } catch (Failure.Unavailable e) {
      commits.unknown();
      throw e;
    }
  }

  /// What needs a change log that is whole.
  @FunctionalInterface
  private interface Logged<T> {
    T run() throws BrokenLog;
  }

  private <T> T unlessBroken(Logged<T> work) {
    if (broken) {
      throw writesAreRefused();
    }
    try {
      return work.run();
    } catch (BrokenLog e) {
      noteBroken(e);
      throw writesAreRefused();
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
    return threads.write("follow_log", () -> unlessBroken(() -> transactions.read(log::follow)));
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

  @Override
  public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
    return threads.read(
        "get_key", () -> transactions.read(connection -> reader.read(connection, name)));
  }

  @Override
  public Uni<KeyPage> list(
      KeyRingName ring,
      Optional<String> after,
      int limit,
      Predicate<CryptoKeyName> visible,
      Predicate<CryptoKey> matching) {
    return threads.search(
        "list_keys",
        awaited ->
            transactions.read(connection ->
                lists.keys(
                    connection,
                    ring,
                    after.orElse(""),
                    new KeyLists.Page(limit, visible, awaited),
                    matching)));
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
