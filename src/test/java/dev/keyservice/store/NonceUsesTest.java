package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.UsableVersion;
import dev.keyservice.key.UseBudget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Uses of versions whose algorithm limits them, counted in a real store.
class NonceUsesTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final byte[] PLAINTEXT = {1, 2, 3};
  private static final byte[] AAD = {4};
  private static final int THREADS = 8;
  private static final String KEY = "ring/key";
  private static final CryptoKeyVersionName VERSION = TestStore.name(KEY).version(1);

  @TempDir Path directory;
  private TestStore store;

  @BeforeEach
  void open() {
    store = TestStore.in(directory, NonceLimit.LEAST);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    open();
  }

  private static UsableVersion primary(TestStore store, String path) {
    return store.keyring().primary(TestStore.name(path)).await().indefinitely();
  }

  private static byte[] seal(TestStore store, String path) {
    return primary(store, path).seal(PLAINTEXT, AAD).await().indefinitely();
  }

  private byte[] seal() {
    return seal(store, KEY);
  }

  /// How often it encrypts until it is refused.
  private static long sealUntilRefused(TestStore store) {
    var sealed = 0L;
    try {
      for (; sealed <= NonceLimit.LEAST; sealed++) {
        var _ = seal(store, KEY);
      }
    } catch (Failure.FailedPrecondition e) {
      assertEquals(Reason.VERSION_EXHAUSTED, e.reason());
    }
    return sealed;
  }

  @ParameterizedTest
  @EnumSource(names = {"AES_256_GCM", "AES_128_GCM", "CHACHA20_POLY1305"})
  void encryptsExactlyAsOftenAsItMay(Algorithm algorithm) {
    var _ = store.create(KEY, algorithm);

    assertEquals(NonceLimit.LEAST, sealUntilRefused(store));

    var refused = assertThrows(Failure.FailedPrecondition.class, this::seal);
    assertEquals(
        VERSION.resource() + " has encrypted as often as it may; rotate the key",
        refused.getMessage());
    assertEquals(2, store.nonceUses().refusals());
  }

  @Test
  void doesNotCountWhatNeedsNoCounting() {
    var _ = store.create(KEY, Algorithm.XAES_256_GCM);

    for (int i = 0; i < 2 * NonceLimit.LEAST; i++) {
      var _ = seal();
    }

    assertEquals(0, store.nonceUses().reservations());
  }

  @Test
  void stillDecryptsWhatItEncryptedBefore() {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var sealed = seal();
    var _ = sealUntilRefused(store);

    assertEquals(
        ByteBuffer.wrap(PLAINTEXT), ByteBuffer.wrap(primary(store, KEY).open(sealed, AAD)));
  }

  @Test
  void countsOnWhenTheKeyIsOpenedAgain() {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);

    for (int i = 0; i < NonceLimit.LEAST; i++) {
      store.keyring().invalidate(TestStore.name(KEY));
      var _ = seal();
    }

    assertThrows(Failure.FailedPrecondition.class, this::seal);
  }

  @Test
  void countsOnAfterARestartAndLosesAFewUsesAtMost() {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    for (int i = 0; i < NonceLimit.LEAST / 2; i++) {
      var _ = seal();
    }

    reopen();

    var rest = sealUntilRefused(store);
    assertTrue(rest <= NonceLimit.LEAST / 2, () -> "" + rest);
    assertTrue(rest >= NonceLimit.LEAST / 2 - 15, () -> "one block and a half are 15: " + rest);
    reopen();
    assertEquals(0, sealUntilRefused(store));
  }

  @Test
  void neverEncryptsMoreOftenHoweverOftenItCrashes(@TempDir Path crashes) throws IOException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var sealed = 0L;
    var generation = 0;
    while (sealed == 0 || generation < 200) {
      long before = sealed;
      for (int i = 0; i < 7; i++) {
        try {
          var _ = seal();
          sealed++;
        } catch (Failure.FailedPrecondition e) {
          break;
        }
      }
      if (sealed == before) {
        break;
      }
      crash(crashes.resolve("" + generation++));
    }

    assertTrue(sealed <= NonceLimit.LEAST, "" + sealed);
    assertThrows(Failure.FailedPrecondition.class, this::seal);
    System.out.printf(
        "proof: %d crashes, each after 7 uses: %d of at most %d uses were made%n",
        generation, sealed, NonceLimit.LEAST);
  }

  /// Goes on with the files as they are now, as after a power cut. Nothing that is in memory gets
  /// there.
  private void crash(Path into) throws IOException {
    store.copyTo(into);
    store.close();
    store = TestStore.in(into, NonceLimit.LEAST);
  }

  @Test
  void neverEncryptsMoreOftenForManyThreads() {
    var _ = store.create(KEY, Algorithm.AES_128_GCM);
    var sealed = new AtomicLong();
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        threads.execute(() -> sealed.addAndGet(sealUntilRefused(store)));
      }
    }

    assertEquals(NonceLimit.LEAST, sealed.get());
  }

  /// As two processes, or one that has forgotten what it had reserved.
  @Test
  void neverEncryptsMoreOftenForThoseWhoReserveApart() {
    var uid = store.create(KEY, Algorithm.AES_256_GCM).key().uid();
    var taken = new AtomicLong();
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        var budget =
            store
                .store()
                .nonceUses(new NonceLimit(NonceLimit.LEAST))
                .of(VERSION, uid, Algorithm.AES_256_GCM);
        threads.execute(() -> taken.addAndGet(takeAll(budget)));
      }
    }

    assertEquals(NonceLimit.LEAST, taken.get(), "each uses up what it has reserved");
  }

  private static long takeAll(UseBudget budget) {
    var taken = 0L;
    try {
      for (; taken <= NonceLimit.LEAST; taken++) {
        var _ = budget.take(1).await().indefinitely();
      }
    } catch (Failure.FailedPrecondition e) {
      assertEquals(Reason.VERSION_EXHAUSTED, e.reason());
    }
    return taken;
  }

  @Test
  void reservesForABatchAllOrNothing() {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var version = primary(store, KEY);
    var batch = version.reserve(512).await().indefinitely();
    for (int i = 0; i < 512; i++) {
      var _ = batch.seal(PLAINTEXT, AAD);
    }

    assertThrows(IllegalStateException.class, () -> batch.seal(PLAINTEXT, AAD));
    var refused =
        assertThrows(
            Failure.FailedPrecondition.class, () -> version.reserve(512).await().indefinitely());
    assertEquals(Reason.VERSION_EXHAUSTED, refused.reason());
    assertEquals(NonceLimit.LEAST - 512, sealUntilRefused(store));
  }

  @Test
  void refusesWhatWasUsedBeforeTheLimitWasLowered(@TempDir Path other) {
    try (var wide = TestStore.in(other, 4 * NonceLimit.LEAST)) {
      var _ = wide.create(KEY, Algorithm.AES_256_GCM);
      var _ = primary(wide, KEY).reserve(2_000).await().indefinitely();
    }

    try (var narrow = TestStore.in(other, NonceLimit.LEAST)) {
      assertEquals(0, sealUntilRefused(narrow));
    }
    try (var wide = TestStore.in(other, 4 * NonceLimit.LEAST)) {
      var _ = seal(wide, KEY);
    }
  }

  @Test
  void namesThePrimariesOfWhichThreeQuartersAreReserved() {
    var _ = store.create("ring/little", Algorithm.AES_256_GCM);
    var _ = store.create("ring/nearly", Algorithm.AES_256_GCM);
    var _ = store.create("ring/most", Algorithm.CHACHA20_POLY1305);
    var _ = store.create("ring/uncounted", Algorithm.XAES_256_GCM);
    var _ = primary(store, "ring/little").reserve(700).await().indefinitely();
    var _ = primary(store, "ring/nearly").reserve(749).await().indefinitely();
    var _ = primary(store, "ring/most").reserve(900).await().indefinitely();

    assertEquals(
        List.of(TestStore.name("ring/most").version(1), TestStore.name("ring/nearly").version(1)),
        store.nonceUses().runningOut().await().indefinitely(),
        "749 and one reserved ahead are 750");
  }

  @Test
  void doesNotUseWhatTheStoreDidNotConfirm() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    forbidTheFileToGrow();

    var failure =
        assertThrows(
            Failure.Unavailable.class,
            () -> {
              for (int i = 0; i < NonceLimit.LEAST; i++) {
                // Larger and larger, until there is no room.
                var _ = seal(store, KEY);
                var _ = store.create("ring/k" + i);
              }
            });

    assertEquals(Reason.STORE_UNAVAILABLE, failure.reason());
    goOnPatiently();
    assertTrue(sealUntilRefused(store) > 0);
  }

  /// SQLite then says what it says when the disk is full, on each connection that the pool has.
  private void forbidTheFileToGrow() throws SQLException {
    var all = new ArrayList<Connection>();
    for (int i = 0; i < SqlitePool.MAX_SIZE; i++) {
      all.add(store.pool().getConnection());
    }
    for (var connection : all) {
      try (var statement = connection.createStatement()) {
        var _ = statement.execute("PRAGMA max_page_count=1");
      }
      connection.close();
    }
  }

  private void goOnPatiently() {
    store
        .keyring()
        .primary(TestStore.name(KEY))
        .chain(version -> version.seal(PLAINTEXT, AAD))
        .onFailure(Failure.Unavailable.class)
        .retry()
        .withBackOff(Duration.ofMillis(10))
        .expireIn(5_000)
        .await()
        .indefinitely();
  }

  @Test
  void believesNoCountOfWhichASingleBitHasChanged() throws SQLException {
    var _ = store.create("ring/other", Algorithm.AES_256_GCM);
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var sealed = seal();
    var bits = 0;
    try (var tampering = Tampering.with(store.file())) {
      for (var column : Table.NONCE_BLOCK.columns()) {
        bits += flipBits(tampering, new Cell("nonce_block", column, 2));
      }
    }

    System.out.printf("proof: %d single-bit changes of a count of uses, 0 believed%n", bits);
    assertEquals(1, store.store().damagedKeys());
    var _ = seal(store, "ring/other");
    assertEquals(
        ByteBuffer.wrap(PLAINTEXT), ByteBuffer.wrap(primary(store, KEY).open(sealed, AAD)));
    var _ = reserveAnew(store);
  }

  private int flipBits(Tampering tampering, Cell cell) throws SQLException {
    var original = cell.read(tampering);
    for (int bit = 0; bit < original.length * Byte.SIZE; bit++) {
      var _ = cell.write(tampering, Cell.flipped(original, bit));
      assertThrows(Failure.DataLoss.class, () -> reserveAnew(store), cell::toString);
      var _ = cell.write(tampering, original);
    }
    return original.length * Byte.SIZE;
  }

  /// As one does who has nothing reserved in memory.
  private static long reserveAnew(TestStore store) {
    var uid = store.get(KEY).orElseThrow().key().uid();
    return store
        .store()
        .nonceUses(new NonceLimit(NonceLimit.MOST))
        .of(VERSION, uid, Algorithm.AES_256_GCM)
        .take(1)
        .map(_ -> 1L)
        .await()
        .indefinitely();
  }

  @Test
  void doesNotEncryptWithoutItsCountAndStillDecrypts() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var sealed = seal();
    tamper("DELETE FROM nonce_block");
    reopen();

    var refused = assertThrows(Failure.DataLoss.class, this::seal);

    assertEquals(Reason.KEY_CORRUPT, refused.reason());
    assertEquals(
        "the stored count of the uses of " + VERSION.resource() + " is missing or damaged",
        refused.getMessage());
    assertEquals(
        ByteBuffer.wrap(PLAINTEXT), ByteBuffer.wrap(primary(store, KEY).open(sealed, AAD)));
    assertEquals(1, store.store().damagedKeys());
    assertEquals(1, store.get(KEY).orElseThrow().revision(), "the key itself is sound");
  }

  @Test
  void doesNotEncryptWithTheCountOfAnotherVersion() throws SQLException {
    var _ = store.create("ring/fresh", Algorithm.AES_256_GCM);
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var _ = primary(store, KEY).reserve(900).await().indefinitely();
    tamper(
        "UPDATE nonce_block SET (reserved, store_key_id, mac) = (SELECT reserved, store_key_id, mac"
            + " FROM nonce_block WHERE rowid = 1) WHERE rowid = 2");
    reopen();

    assertThrows(Failure.DataLoss.class, this::seal);
    var _ = seal(store, "ring/fresh");
  }

  @Test
  void noticesAnOlderCountThatIsPutBackWhileItRuns() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    tamper("CREATE TABLE kept AS SELECT * FROM nonce_block");
    var _ = primary(store, KEY).reserve(500).await().indefinitely();

    tamper("DELETE FROM nonce_block");
    tamper("INSERT INTO nonce_block SELECT * FROM kept");

    assertThrows(
        Failure.DataLoss.class, () -> primary(store, KEY).reserve(400).await().indefinitely());
  }

  /// What docs/store-format.md says that nobody notices.
  @Test
  void doesNotNoticeAnOlderCountThatIsPutBackWhileItIsStopped() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    tamper("CREATE TABLE kept AS SELECT * FROM nonce_block");
    assertEquals(NonceLimit.LEAST, sealUntilRefused(store));
    tamper("DELETE FROM nonce_block");
    tamper("INSERT INTO nonce_block SELECT * FROM kept");
    reopen();

    assertEquals(NonceLimit.LEAST, sealUntilRefused(store));
  }

  private void tamper(String sql) throws SQLException {
    try (var tampering = Tampering.with(store.file())) {
      tampering.run(sql);
    }
  }

  @Test
  void namesNoVersionWhoseCountIsNotItsOwn() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    tamper("UPDATE nonce_block SET reserved = 999");

    assertEquals(List.of(), store.nonceUses().runningOut().await().indefinitely());
  }

  @Test
  void keepsACountForEveryVersionThatNeedsOneAndForNoOther() throws SQLException {
    var _ = store.create(KEY, Algorithm.AES_256_GCM);
    var _ = store.create("ring/uncounted", Algorithm.XAES_256_GCM);

    try (var tampering = Tampering.with(store.file())) {
      assertEquals(1, tampering.count("SELECT 1 FROM nonce_block"));
    }
  }

  @Test
  void neverUsesANonceTwice(@TempDir Path other) {
    var seals = PROOF ? 1_000_000 : 20_000;
    Set<ByteBuffer> nonces = new HashSet<>();
    try (var all = TestStore.in(other)) {
      var _ = all.create(KEY, Algorithm.AES_256_GCM);
      for (int i = 0; i < seals; i++) {
        nonces.add(ByteBuffer.wrap(Arrays.copyOf(seal(all, KEY), 12)));
      }
      assertFalse(all.nonceUses().reservations() > 100);
    }

    assertEquals(seals, nonces.size());
    System.out.printf(
        "proof: %d encryptions with AES_256_GCM through the keyring, %d nonces repeated%n",
        seals, seals - nonces.size());
  }
}
