package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.ChangeAction;
import dev.keyservice.key.KeyChange;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.root.FileRootKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever can write the database, but has no store key, moves whole rows about. The keys are
/// `ring/a` to `ring/d`, at the revisions 1 to 4.
class SqliteTamperingTest {
  @TempDir Path directory;
  private TestStore store;
  private Tampering tampering;

  @BeforeEach
  void openAStoreOfFourKeys() throws SQLException {
    store = storeOfFourKeys(directory);
    tampering = Tampering.with(store.file());
  }

  private static TestStore storeOfFourKeys(Path directory) {
    var store = TestStore.in(directory);
    for (var path : List.of("ring/a", "ring/b", "ring/c", "ring/d")) {
      var _ = store.create(path);
    }
    return store;
  }

  @AfterEach
  void close() throws SQLException {
    tampering.close();
    store.close();
  }

  @Test
  void refusesAKeyWhoseRowWasDeletedAndKeepsItsNameTaken() throws SQLException {
    tampering.run("DELETE FROM crypto_key WHERE name = 'b'");
    tampering.run("DELETE FROM crypto_key_version WHERE rowid = 2");

    assertOnlyRefused("ring/b");
    assertThrows(Failure.AlreadyExists.class, () -> store.create("ring/b"));
  }

  @Test
  void refusesAKeyOfWhichAVersionWasDeleted() throws SQLException {
    tampering.run("DELETE FROM crypto_key_version WHERE rowid = 2");

    assertOnlyRefused("ring/b");
  }

  @Test
  void refusesAKeyToWhichAVersionWasAdded() throws SQLException {
    tampering.run(
        "INSERT INTO crypto_key_version"
            + " (key_uid, number, state, algorithm, create_time, store_key_id, material)"
            + " SELECT key_uid, 2, state, algorithm, create_time,"
            + " store_key_id, material FROM crypto_key_version WHERE rowid = 2");

    assertOnlyRefused("ring/b");
  }

  @Test
  void refusesAKeyWithTheMaterialOfAnother() throws SQLException {
    tampering.run(
        "UPDATE crypto_key_version SET material ="
            + " (SELECT material FROM crypto_key_version WHERE rowid = 3) WHERE rowid = 2");

    assertOnlyRefused("ring/b");
  }

  @Test
  void refusesAKeyThatWasRenamed() throws SQLException {
    tampering.run("UPDATE crypto_key SET name = 'z' WHERE name = 'b'");

    assertOnlyRefused("ring/b", "ring/z");
  }

  @Test
  void refusesAKeyWithoutAnEntryInTheLog() throws SQLException {
    var uid = Row.bytes(UUID.randomUUID());
    tampering.run(
        "INSERT INTO crypto_key (uid, ring, name, purpose, algorithm, primary_version, labels, create_time)"
            + " SELECT ?, ring, 'new', purpose, algorithm, primary_version, labels,"
            + " create_time FROM crypto_key WHERE name = 'b'",
        uid);

    assertOnlyRefused("ring/new");
    assertThrows(Failure.AlreadyExists.class, () -> store.create("ring/new"));
  }

  @Test
  void refusesTheOlderCopyOfAKey() throws SQLException, BrokenLog {
    changeLegitimately("b", "UPDATE crypto_key_version SET state = 'DISABLED' WHERE rowid = 2");
    assertEquals(5, store.get("ring/b").orElseThrow().revision());

    tampering.run("UPDATE crypto_key_version SET state = 'ENABLED' WHERE rowid = 2");

    assertOnlyRefused("ring/b");
  }

  @Test
  void findsTheOlderCopyOfAKeyWithItsOlderEntryByTheGapThatIsLeft() throws SQLException, BrokenLog {
    changeLegitimately("b", "UPDATE crypto_key_version SET state = 'DISABLED' WHERE rowid = 2");
    var _ = store.create("ring/e");

    tampering.run("UPDATE crypto_key_version SET state = 'ENABLED' WHERE rowid = 2");
    tampering.run("DELETE FROM change_log WHERE revision = 5");

    // A read alone cannot know of an entry that is gone. The next key in the log shows it.
    assertEquals(2, store.get("ring/b").orElseThrow().revision());
    assertThrows(Failure.DataLoss.class, () -> store.get("ring/e"));
    assertWritesRefused("ring/f");
    assertNoStart("broken at revision 5");
  }

  @Test
  void refusesToWriteOnceTheNewestEntryIsGone() throws SQLException {
    tampering.run("DELETE FROM change_log WHERE revision = 4");

    assertWritesRefused("ring/e");
    assertThrows(Failure.DataLoss.class, () -> store.get("ring/d"));
  }

  @Test
  void refusesToGiveANameAwayAgainOfWhichRowsAndEntryAreGone() throws SQLException {
    deleteAllOf("b");

    assertWritesRefused("ring/b");
  }

  @Test
  void refusesToWriteOnceTheLogHasEntriesThatItNeverHad() throws SQLException {
    tampering.run(
        "INSERT INTO change_log SELECT -1, time, actor, action, key_uid, ring, key_name, rows_hash,"
            + " store_key_id, mac FROM change_log WHERE revision = 1");

    assertWritesRefused("ring/e");
  }

  @Test
  void refusesEveryWriteOnceItFoundTheLogBroken() throws SQLException {
    assertFalse(store.store().broken());
    tampering.run("CREATE TABLE kept AS SELECT * FROM change_log WHERE revision = 4");
    tampering.run("DELETE FROM change_log WHERE revision = 4");
    assertWritesRefused("ring/e");

    tampering.run("INSERT INTO change_log SELECT * FROM kept");

    for (int i = 0; i < 10; i++) {
      assertWritesRefused("ring/new" + i);
    }
    assertEquals(0, store.store().damagedKeys(), "no name is to blame");
    assertTrue(store.get("ring/d").isPresent(), "what can be believed is still read");
  }

  private void deleteAllOf(String key) throws SQLException {
    tampering.run(
        "DELETE FROM crypto_key_version WHERE key_uid ="
            + " (SELECT uid FROM crypto_key WHERE name = ?)",
        key);
    tampering.run("DELETE FROM crypto_key WHERE name = ?", key);
    tampering.run("DELETE FROM change_log WHERE key_name = ?", key);
  }

  private void assertWritesRefused(String path) {
    var refused = assertThrows(Failure.Unavailable.class, () -> store.create(path));
    assertEquals("the store's change log is broken; writes are refused", refused.getMessage());
    assertTrue(store.store().broken());
  }

  @Test
  void answersForNoNameWithTheKeyOfAnotherByACollation() throws SQLException {
    tampering.run("PRAGMA writable_schema=ON");
    tampering.run(
        "UPDATE sqlite_schema SET sql = replace(sql, ' TEXT ', ' TEXT COLLATE NOCASE ')"
            + " WHERE name IN ('crypto_key', 'change_log')");
    tampering.run("PRAGMA writable_schema=RESET");
    tampering.run("REINDEX");
    tampering.run("PRAGMA schema_version=1000"); // for those who have read it

    assertNoKeyUnderAnotherName();
  }

  @Test
  void answersForNoNameWithTheKeyOfAnotherByAView() throws SQLException {
    tampering.run("PRAGMA legacy_alter_table=ON");
    for (var table : List.of(Table.CRYPTO_KEY, Table.CHANGE_LOG)) {
      var name = table.tableName();
      var columns = table.columns().stream().map(SqliteTamperingTest::anyCase).toList();
      tampering.run("ALTER TABLE %s RENAME TO hidden_%s".formatted(name, name));
      tampering.run(
          "CREATE VIEW %s AS SELECT %s FROM hidden_%s"
              .formatted(name, String.join(", ", columns), name));
    }

    assertNoKeyUnderAnotherName();
  }

  private static String anyCase(Column column) {
    return column.kind() == Column.Kind.TEXT
        ? "%s COLLATE NOCASE AS %s".formatted(column.name(), column.name())
        : column.name();
  }

  private void assertNoKeyUnderAnotherName() throws SQLException {
    assertEquals(1, tampering.count("SELECT 1 FROM crypto_key WHERE name = 'B'"), "not in force");
    for (var path : List.of("ring/B", "RING/b", "Ring/B")) {
      assertThrows(Failure.DataLoss.class, () -> store.get(path), path);
    }
    var page =
        store
            .keys()
            .list(new KeyRingName("RING"), Optional.empty(), 100, _ -> true, _ -> true)
            .await()
            .indefinitely();
    assertEquals(List.of(), page.keys());
    assertEquals(4, page.damaged().size());
    assertTrue(store.get("ring/b").isPresent());
  }

  @Test
  void countsABoundedNumberOfNamesAsDamaged() {
    var damaged = new DamagedKeys();

    for (int i = 0; i < DamagedKeys.MAX_NAMES + 10; i++) {
      var _ = damaged.report(TestStore.name("ring/k" + i), "in a test");
    }

    assertEquals(DamagedKeys.MAX_NAMES, damaged.keys());
    assertEquals(DamagedKeys.MAX_NAMES + 10, damaged.reads());
  }

  @Test
  void doesNotStartWithALogOfWhichAnEntryWasEdited() throws SQLException {
    tampering.run("UPDATE change_log SET actor = 'cn:nobody' WHERE revision = 2");

    assertThrows(Failure.DataLoss.class, () -> store.get("ring/b"));
    assertNoStart("broken at revision 2");
  }

  @Test
  void doesNotStartWithALogOfWhichAnEntryWasDeleted() throws SQLException {
    tampering.run("DELETE FROM change_log WHERE revision = 1");
    tampering.run("DELETE FROM crypto_key WHERE name = 'a'");

    assertNoStart("broken at revision 1");
  }

  @Test
  void doesNotStartWithALogThatWasClosedUpAfterADeletion() throws SQLException {
    tampering.run("DELETE FROM change_log WHERE revision = 2");
    tampering.run("UPDATE change_log SET revision = 2 WHERE revision = 3");
    tampering.run("UPDATE change_log SET revision = 3 WHERE revision = 4");

    assertNoStart("broken at revision 2");
  }

  @Test
  void doesNotStartWithALogOfWhichTwoEntriesWereSwapped() throws SQLException {
    tampering.run("UPDATE change_log SET revision = 99 WHERE revision = 2");
    tampering.run("UPDATE change_log SET revision = 2 WHERE revision = 3");
    tampering.run("UPDATE change_log SET revision = 3 WHERE revision = 99");

    assertNoStart("broken at revision 2");
  }

  @Test
  void believesNothingFromAnotherStoreEvenUnderTheSameStoreKey(@TempDir Path elsewhere)
      throws Exception {
    shareTheRootKeyWith(elsewhere);
    TestStore.tryOpening(elsewhere);
    shareTheStoreKeyWith(elsewhere);
    storeOfFourKeys(elsewhere).close();

    // The first entry follows from no other: only the id of the store tells it from ours.
    tampering.run("ATTACH ? AS other", TestStore.fileIn(elsewhere).toString());
    for (var table : List.of("crypto_key", "crypto_key_version", "change_log")) {
      tampering.run("DELETE FROM " + table + " WHERE rowid = 1");
      tampering.run(
          "INSERT INTO %s SELECT * FROM other.%s WHERE rowid = 1".formatted(table, table));
    }

    assertThrows(Failure.DataLoss.class, () -> store.get("ring/a"));
    assertNoStart("broken at revision 1");
  }

  private void shareTheRootKeyWith(Path elsewhere) throws IOException {
    Files.createDirectory(elsewhere.resolve("root-keys"));
    Files.copy(
        directory.resolve("root-keys/main.key"),
        elsewhere.resolve("root-keys/main.key"),
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  /// As nobody could without the root key.
  private void shareTheStoreKeyWith(Path elsewhere) throws SQLException {
    try (var rootKeys = FileRootKeys.load(directory.resolve("root-keys"), "main");
        var other = Tampering.with(TestStore.fileIn(elsewhere))) {
      var mine = StoreIdentity.read(tampering.connection()).orElseThrow();
      var id = StoreIdentity.read(other.connection()).orElseThrow().id();
      var wrapped = mine.keys().getFirst().wrapped();
      try (var secret = rootKeys.unwrap("main", wrapped, storeKeyAad(mine.id()))) {
        other.run("UPDATE store_key SET wrapped = ?", rootKeys.wrap(secret, storeKeyAad(id)));
        other.run("DELETE FROM audit_key"); // wrapped by the key before; made anew
      }
    }
  }

  private static byte[] storeKeyAad(UUID store) {
    return LengthPrefixed.untagged()
        .text("keyservice/v1 store-key")
        .uuid(store)
        .int32(1)
        .text("main")
        .toByteArray();
  }

  @Test
  void doesNotStartWithTheStoreKeyOfAnotherStore(@TempDir Path elsewhere) throws Exception {
    shareTheRootKeyWith(elsewhere);
    storeOfFourKeys(elsewhere).close();

    tampering.run("ATTACH ? AS other", TestStore.fileIn(elsewhere).toString());
    tampering.run("UPDATE store_key SET wrapped = (SELECT wrapped FROM other.store_key)");

    assertNoStart("KEYSERVICE_ROOT_KEYS_DIR");
  }

  @Test
  void doesNotStartANewStoreOverOldRows() throws SQLException {
    tampering.run("DELETE FROM store");

    assertNoStart("missing or damaged");
  }

  /// A change of rows by SQL, with an entry as the service would make it.
  private void changeLegitimately(String key, String sql) throws SQLException, BrokenLog {
    var name = TestStore.name("ring/" + key);
    var before = store.get("ring/" + key).orElseThrow().key();
    tampering.run(sql);
    try (var connection = store.pool().getConnection()) {
      var rows = KeyRows.read(connection, name).orElseThrow();
      var change = new KeyChange(ChangeAction.UPDATE_KEY, before, OptionalInt.empty());
      var _ =
          new ChangeLog(store.store().storeKeys())
              .append(connection, "cn:tester", change, 0, rows.hash());
    }
  }

  /// Alone and in a list.
  private void assertOnlyRefused(String... paths) {
    var refused = List.of(paths);
    var page =
        store
            .keys()
            .list(new KeyRingName("ring"), Optional.empty(), 100, _ -> true, _ -> true)
            .await()
            .indefinitely();
    assertEquals(refused, page.damaged().stream().map(name -> name.path()).toList());
    for (var path : List.of("ring/a", "ring/b", "ring/c", "ring/d")) {
      if (!refused.contains(path)) {
        assertTrue(store.get(path).isPresent(), path);
      }
    }
    for (var path : refused) {
      assertThrows(Failure.DataLoss.class, () -> store.get(path), path);
    }
  }

  private void assertNoStart(String because) {
    store.close();
    var refused = assertThrows(SettingRefused.class, () -> TestStore.tryOpening(directory));
    assertTrue(refused.getMessage().contains(because), refused::getMessage);
  }
}
