package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.UsableVersion;
import dev.keyservice.key.Usage;
import dev.keyservice.testing.Eventually;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How often versions were used, counted in a real store.
class UsagesTest {
  private static final byte[] PLAINTEXT = {1, 2, 3};
  private static final byte[] AAD = {4};
  private static final String KEY = "ring/key";
  private static final UUID UID = UUID.fromString("0f4c1b9e-6d1a-4b53-9a33-1c5e7f20a8d4");

  @TempDir Path directory;
  private TestStore store;

  @BeforeEach
  void open() {
    store = TestStore.in(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private UsableVersion primary() {
    return store.keyring().primary(TestStore.name(KEY)).await().indefinitely();
  }

  private byte[] seal() {
    return primary().seal(PLAINTEXT, AAD).await().indefinitely();
  }

  private Map<Integer, Usage> usages() {
    return usages(store, store.get(KEY).orElseThrow().key().uid());
  }

  private static Map<Integer, Usage> usages(TestStore store, UUID uid) {
    return store.usages().of(uid).await().indefinitely();
  }

  private static Map<Integer, Usage> used(long uses) {
    return Map.of(1, new Usage(uses, Optional.of(TestStore.NOW), true));
  }

  /// Saves what there is, and waits until it is there.
  private static void save(TestStore store) throws InterruptedException {
    store.usages().save();
    Eventually.await(() -> !store.usages().isSaving());
  }

  private static void use(TestStore store, UUID uid, int times) {
    var counter = store.usages().counter(uid, 1);
    for (int i = 0; i < times; i++) {
      counter.used();
    }
  }

  @Test
  void knowsNoUseOfAVersionThatWasNeverUsed() {
    var _ = store.create(KEY);
    var _ = primary();

    assertEquals(Map.of(), usages());
  }

  @Test
  void countsWhatSucceededAtOnceAndAfterItIsSaved() throws InterruptedException {
    var _ = store.create(KEY);
    var sealed = seal();
    for (int i = 0; i < 4; i++) {
      var _ = primary().open(sealed, AAD);
    }
    assertEquals(used(5), usages());

    save(store);

    assertEquals(used(5), usages());
    var _ = seal();
    assertEquals(used(6), usages());
  }

  @Test
  void countsEachUseOfABatch() {
    var _ = store.create(KEY);

    var batch = primary().reserve(10).await().indefinitely();
    for (int i = 0; i < 7; i++) {
      var _ = batch.seal(PLAINTEXT, AAD);
    }

    assertEquals(used(7), usages());
  }

  @Test
  void countsNothingThatFailed() {
    var _ = store.create(KEY);
    var sealed = seal();
    sealed[0]++;

    assertThrows(Failure.class, () -> primary().open(sealed, AAD));

    assertEquals(used(1), usages());
  }

  @Test
  void countsNothingThatWasRefused(@TempDir Path other) {
    try (var limited = TestStore.in(other, NonceLimit.LEAST)) {
      var uid = limited.create(KEY, Algorithm.AES_256_GCM).key().uid();
      var version = limited.keyring().primary(TestStore.name(KEY)).await().indefinitely();
      for (int i = 0; i < NonceLimit.LEAST; i++) {
        var _ = version.seal(PLAINTEXT, AAD).await().indefinitely();
      }
      assertThrows(
          Failure.FailedPrecondition.class,
          () -> version.seal(PLAINTEXT, AAD).await().indefinitely());

      assertEquals(used(NonceLimit.LEAST), usages(limited, uid));
    }
  }

  @Test
  void addsUpWhatWasCountedApart() throws InterruptedException {
    use(store, UID, 2);
    use(store, UID, 3);
    save(store);
    use(store, UID, 4);

    assertEquals(used(9), usages(store, UID));
  }

  @Test
  void savesWhatThereIsWhenItIsClosed() {
    var _ = store.create(KEY);
    var _ = seal();
    var _ = seal();
    store.close();

    open();

    assertEquals(used(2), usages());
    var _ = seal();
    assertEquals(used(3), usages());
  }

  @Test
  void savesByItselfEveryNowAndThen(@TempDir Path other) throws Exception {
    try (var often = TestStore.in(other, NonceLimit.MOST, Duration.ofMillis(50))) {
      use(often, UID, 3);
      Eventually.await(() -> rowsOf(often) == 1);
    }
  }

  private static int rowsOf(TestStore store) {
    try (var tampering = Tampering.with(store.file())) {
      return tampering.count("SELECT 1 FROM version_usage");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void losesInACrashWhatWasNotSavedAndNothingElse(@TempDir Path crashed) throws Exception {
    use(store, UID, 100);
    save(store);
    use(store, UID, 7);

    store.copyTo(crashed);

    try (var after = TestStore.in(crashed)) {
      assertEquals(used(100), usages(after, UID));
    }
  }

  @Test
  void losesAndDoublesNothingThatManyThreadsCountWhileItIsSaved() throws Exception {
    var threads = 8;
    var each = 200_000;
    var all = (long) threads * each;
    try (var users = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        users.execute(() -> use(store, UID, each));
      }
      for (int i = 0; i < 20; i++) {
        save(store);
      }
    }
    assertEquals(used(all), usages(store, UID));

    save(store);

    assertEquals(used(all), usages(store, UID));
    System.out.printf(
        "proof: %d uses by %d threads counted, saved 20 times meanwhile%n", all, threads);
  }

  @Test
  void savesManyVersionsInSeveralTransactions() throws InterruptedException {
    var versions = 2 * JdbcUsages.BATCH + 1;
    for (int i = 1; i <= versions; i++) {
      store.usages().counter(UID, i).used();
    }
    var before = store.store().writes().times();

    save(store);

    assertEquals(versions, rowsOf(store));
    assertTrue(store.store().writes().times() - before >= 3);
    assertEquals(versions, usages(store, UID).size());
  }

  @Test
  void writesNothingForVersionsThatWereNotUsedSince() throws InterruptedException {
    use(store, UID, 1);
    save(store);
    var before = store.store().writes().times();

    save(store);

    assertEquals(before, store.store().writes().times());
  }

  @Test
  void keepsTheCountsWhileTheStoreIsAway() throws Exception {
    use(store, UID, 5);
    try (var busy = Tampering.with(store.file())) {
      busy.run("BEGIN IMMEDIATE");
      save(store); // gives up after the busy timeout
      assertTrue(store.store().failedWrites() > 0);
      use(store, UID, 2);
      assertEquals(used(7), usages(store, UID));
      busy.run("ROLLBACK");
    }

    save(store);

    assertEquals(used(7), usages(store, UID));
    assertEquals(1, rowsOf(store));
  }

  @Test
  void addsNothingTwiceWhenACommitWasNotConfirmedAndHappened() throws Exception {
    var rows = new UsageRows(store.storeKeys(), new DamagedKeys());
    var version = new VersionId(UID, 1);
    var first = new PendingUses(new UseDelta(5, 1));
    var second = new PendingUses(new UseDelta(3, 2));
    try (var connection = store.pool().getConnection()) {
      rows.add(connection, version, first);
      rows.add(connection, version, first);
      rows.add(connection, version, second);
      rows.add(connection, version, second);

      assertEquals(8, rows.read(connection, UID).get(1).uses());
    }
  }

  @Test
  void addsAgainWhenACommitWasNotConfirmedAndDidNotHappen() throws Exception {
    var rows = new UsageRows(store.storeKeys(), new DamagedKeys());
    var version = new VersionId(UID, 1);
    try (var connection = store.pool().getConnection();
        var statement = connection.createStatement()) {
      rows.add(connection, version, new PendingUses(new UseDelta(5, 1)));
      var lost = new PendingUses(new UseDelta(3, 2));
      var _ = statement.execute("BEGIN IMMEDIATE");
      rows.add(connection, version, lost);
      var _ = statement.execute("ROLLBACK");
      rows.add(connection, version, lost);

      assertEquals(8, rows.read(connection, UID).get(1).uses());
    }
  }

  @Test
  void believesNoUsageOfWhichASingleBitHasChanged() throws Exception {
    use(store, UID, 1);
    save(store);
    var bits = 0;
    try (var tampering = Tampering.with(store.file())) {
      for (var column : Table.VERSION_USAGE.columns()) {
        bits += flipBits(tampering, new Cell("version_usage", column, 1));
      }
    }

    System.out.printf("proof: %d single-bit changes of a usage, 0 believed%n", bits);
    assertEquals(used(1), usages(store, UID), "known again once it is as it was");
    assertTrue(store.store().damagedKeys() > 0);
  }

  /// A row that does not name the version any more is one that is gone.
  private int flipBits(Tampering tampering, Cell cell) throws SQLException {
    var original = cell.read(tampering);
    for (int bit = 0; bit < original.length * Byte.SIZE; bit++) {
      var _ = cell.write(tampering, Cell.flipped(original, bit));
      for (var usage : usages(store, UID).values()) {
        assertFalse(usage.known(), cell::toString);
      }
      var _ = cell.write(tampering, original);
    }
    return original.length * Byte.SIZE;
  }

  @Test
  void leavesAUsageThatItDoesNotBelieveAsItIs() throws Exception {
    use(store, UID, 9);
    save(store);
    tamper("UPDATE version_usage SET uses = 1");

    use(store, UID, 4);
    assertEquals(unknown(4), usages(store, UID), "those that are in memory");
    save(store);

    assertEquals(Map.of(1, new Usage(0, Optional.empty(), false)), usages(store, UID));
    assertEquals(1, store.store().damagedKeys());
  }

  private static Map<Integer, Usage> unknown(long uses) {
    return Map.of(1, new Usage(uses, Optional.of(TestStore.NOW), false));
  }

  @Test
  void doesNotBelieveTheUsageOfAnotherVersion() throws Exception {
    var other = UUID.fromString("11111111-2222-4333-8444-555555555555");
    use(store, UID, 9);
    save(store);
    use(store, other, 1);
    save(store);
    tamper(
        "UPDATE version_usage SET (uses, last_use_time, store_key_id, mac) = (SELECT uses,"
            + " last_use_time, store_key_id, mac FROM version_usage WHERE rowid = 2) WHERE rowid ="
            + " 1");

    assertFalse(usages(store, UID).get(1).known());
    assertEquals(used(1), usages(store, other));
  }

  /// What docs/store-format.md says that nobody notices.
  @Test
  void doesNotNoticeAUsageThatIsGoneOrOlder() throws Exception {
    use(store, UID, 9);
    save(store);
    tamper("CREATE TABLE kept AS SELECT * FROM version_usage");
    use(store, UID, 1);
    save(store);
    tamper("DELETE FROM version_usage");
    assertEquals(Map.of(), usages(store, UID));

    tamper("INSERT INTO version_usage SELECT * FROM kept");

    assertEquals(used(9), usages(store, UID));
  }

  private void tamper(String sql) throws SQLException {
    try (var tampering = Tampering.with(store.file())) {
      tampering.run(sql);
    }
  }
}
