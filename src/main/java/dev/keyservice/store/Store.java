package dev.keyservice.store;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.key.DueWork;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.Tally;
import dev.keyservice.key.Usages;
import dev.keyservice.root.RootKeyProvider;
import dev.keyservice.root.StoreKeys;
import io.agroal.api.AgroalDataSource;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// A store that is open: locked for this process, its tables up to date, its keys opened and its
/// change log verified from the first entry to the newest.
///
/// [#open] does all of that, in this order and before it returns, so that a service that serves has
/// a store that it can believe. It needs no framework: commands and tests open stores as the
/// service does.
public final class Store implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Store.class);

  private final StoreLock lock;
  private final AgroalDataSource pool;
  private final StoreKeys storeKeys;
  private final StoreThreads threads;
  private final DamagedKeys damaged = new DamagedKeys();
  private final DiskProbe disk;
  private final Transactions transactions;
  private final NonceBlocks nonceBlocks;
  private final JdbcUsages usages;
  private final JdbcKeyStore keys;
  private final AuditKeys auditKeys;

  private Store(
      Path file,
      StoreLock lock,
      AgroalDataSource pool,
      StoreKeys storeKeys,
      AuditKeys auditKeys,
      ChangeLog log,
      Commits commits,
      Tracer tracer,
      Clock clock,
      Duration usageInterval) {
    this.auditKeys = auditKeys;
    this.threads = new StoreThreads(new StoreSpans(tracer));
    this.disk = new DiskProbe(file);
    this.lock = lock;
    this.pool = pool;
    this.storeKeys = storeKeys;
    this.transactions = new Transactions(pool, new SqliteDialect());
    this.nonceBlocks = new NonceBlocks(storeKeys, damaged);
    this.usages =
        new JdbcUsages(
            transactions, threads, new UsageRows(storeKeys, damaged), clock, usageInterval);
    this.keys =
        new JdbcKeyStore(
            transactions,
            threads,
            log,
            new Requests(storeKeys),
            commits,
            damaged,
            nonceBlocks,
            clock);
  }

  /// Opens the store in an SQLite file, and makes it if there is none. Blocks. Its work is traced
  /// nowhere.
  ///
  /// @param pool asked once the file is known to be good. The pool belongs to the store from then
  ///   on, which closes it. [SqlitePool#of] where there is no Quarkus
  /// @throws SettingRefused naming `KEYSERVICE_STORE_PATH`, the URL of the pool or a setting of the
  ///   root keys
  public static Store open(
      Path file, RootKeyProvider rootKeys, Supplier<AgroalDataSource> pool, Clock clock) {
    return open(file, rootKeys, pool, TracerProvider.noop().get("none"), clock);
  }

  /// The same, and shows its work in the traces of those for whom it works.
  public static Store open(
      Path file,
      RootKeyProvider rootKeys,
      Supplier<AgroalDataSource> pool,
      Tracer tracer,
      Clock clock) {
    return open(file, rootKeys, pool, tracer, clock, JdbcUsages.INTERVAL);
  }

  /// @param usageInterval how often uses are saved
  static Store open(
      Path file,
      RootKeyProvider rootKeys,
      Supplier<AgroalDataSource> pool,
      Tracer tracer,
      Clock clock,
      Duration usageInterval) {
    StoreFile.prepare(file);
    var lock = StoreLock.acquire(file);
    try {
      return open(file, lock, pool.get(), rootKeys, tracer, clock, usageInterval);
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  private static Store open(
      Path file,
      StoreLock lock,
      AgroalDataSource pool,
      RootKeyProvider rootKeys,
      Tracer tracer,
      Clock clock,
      Duration usageInterval) {
    try {
      SqlitePool.requireFile(pool, file);
      Migrations.migrate(pool);
      var identity = identity(pool, rootKeys, clock);
      var storeKeys = StoreKeys.open(identity.id(), identity.keys(), rootKeys);
      var log = new ChangeLog(storeKeys);
      var revision = verify(pool, log);
      var auditKeys = auditKeys(pool, storeKeys, clock);
      LOG.infof("store %s is open at revision %d", identity.id(), revision);
      return new Store(
          file,
          lock,
          pool,
          storeKeys,
          auditKeys,
          log,
          new Commits(revision),
          tracer,
          clock,
          usageInterval);
    } catch (SQLException e) {
      pool.close();
      throw StoreFile.refused("it cannot be read (" + e.getMessage() + "); restore a backup");
    } catch (RuntimeException | Error e) {
      pool.close();
      throw e;
    }
  }

  private static StoreIdentity identity(
      AgroalDataSource pool, RootKeyProvider rootKeys, Clock clock) throws SQLException {
    try (var connection = pool.getConnection()) {
      SqliteConnections.requireSettings(connection);
      var known = StoreIdentity.read(connection);
      return known.isPresent() ? known.get() : create(connection, rootKeys, clock);
    }
  }

  private static StoreIdentity create(Connection connection, RootKeyProvider rootKeys, Clock clock)
      throws SQLException {
    var dialect = new SqliteDialect();
    dialect.beginWrite(connection);
    var created = StoreIdentity.create(connection, rootKeys, clock);
    dialect.commit(connection);
    return created;
  }

  private static AuditKeys auditKeys(AgroalDataSource pool, StoreKeys keys, Clock clock)
      throws SQLException {
    try (var connection = pool.getConnection()) {
      return AuditKeys.open(connection, new SqliteDialect(), keys, clock);
    }
  }

  private static long verify(AgroalDataSource pool, ChangeLog log) throws SQLException {
    try (var connection = pool.getConnection()) {
      return log.follow(connection);
    } catch (BrokenLog e) {
      throw StoreFile.refused(e.getMessage() + ": restore a backup");
    }
  }

  /// The keys in it.
  public KeyStore keys() {
    return keys;
  }

  /// What is due in it.
  public DueWork dueWork() {
    return new JdbcDueWork(transactions, threads);
  }

  /// Counts how often versions encrypt whose algorithm limits that. Ask once: what one has
  /// reserved, another does not use.
  public JdbcNonceUses nonceUses(NonceLimit limit) {
    return new JdbcNonceUses(transactions, threads, nonceBlocks, limit.uses());
  }

  /// Counts how often versions are used. What is counted is saved within a minute, and when the
  /// store is closed.
  public Usages usages() {
    return usages;
  }

  /// What wraps material in it. Erased when the store is closed.
  public StoreKeys storeKeys() {
    return storeKeys;
  }

  /// The newest revision of the change log, 0 before the first change. Blocks.
  ///
  /// @throws dev.keyservice.failure.Failure.Unavailable when the database does not answer
  public long newestRevision() {
    return keys.newestNow();
  }

  /// Entries of the change log after a revision, in their order, each verified. Blocks.
  ///
  /// @param after 0 for its beginning
  /// @param limit at least 1
  public List<ChangeEntry> changes(long after, int limit) {
    return keys.entriesNow(after, limit);
  }

  /// The key pair that signs the audit log. Erased when the store is closed.
  public AuditKeys auditKeys() {
    return auditKeys;
  }

  /// Fails when the database cannot be read.
  Uni<?> readable() {
    return keys.newestRevision();
  }

  /// Fails when the change log is not what it was when it was last looked at, or writers are stuck.
  Uni<?> confirmed() {
    return keys.confirmed();
  }

  /// Fails when the disk takes no write. Where writers wait: behind one that is stuck it gets no
  /// answer either.
  Uni<?> writable() {
    return threads.write(
        "probe_disk",
        () -> {
          disk.requireWritable();
          return true;
        });
  }

  /// How much it holds. Reads an index of all keys and the rows of all versions: not for each call.
  public Uni<KeyCounts> counts() {
    return keys.counts();
  }

  /// The newest revision of the change log that this process knows of.
  public long revision() {
    return keys.knownRevision();
  }

  /// Transactions that read since the store was opened, those that failed included.
  public Tally reads() {
    return transactions.reads();
  }

  /// Transactions that write since the store was opened, those that failed included.
  public Tally writes() {
    return transactions.writes();
  }

  /// How many reads the database did not answer.
  public long failedReads() {
    return transactions.failedReads();
  }

  /// How many writes the database did not confirm.
  public long failedWrites() {
    return transactions.failedWrites();
  }

  /// How much work waits for the thread that writes.
  public int waitingWrites() {
    return threads.waitingWrites();
  }

  /// How much work waits for a thread that reads.
  public int waitingReads() {
    return threads.waitingReads();
  }

  /// How many of those who follow changes wait for the thread that reads them.
  public int waitingFollowers() {
    return threads.waitingFollowers();
  }

  /// How much work was turned away because too much waited.
  public long turnedAway() {
    return threads.turnedAway();
  }

  /// How many of those who follow changes wait for the next.
  public int waiting() {
    return keys.waiting();
  }

  /// Whether a write found that the change log was changed while the store was open. From then on
  /// every write is refused, and the service does not start again: an alarm.
  public boolean broken() {
    return keys.isBroken();
  }

  /// How many keys were found damaged since the store was opened: more than 0 is an alarm.
  public int damagedKeys() {
    return damaged.keys();
  }

  /// How many reads were refused because of that.
  public long refusedReads() {
    return damaged.reads();
  }

  /// Saves what was counted, ends what is under way, closes the database and gives up the lock, in
  /// this order.
  @Override
  public void close() {
    usages.close();
    threads.close();
    pool.close();
    storeKeys.close();
    auditKeys.close();
    lock.close();
  }
}
