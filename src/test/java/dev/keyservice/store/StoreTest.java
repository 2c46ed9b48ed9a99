package dev.keyservice.store;

import static java.lang.ProcessBuilder.Redirect.DISCARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.VersionState;
import dev.keyservice.root.FileRootKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
  @TempDir Path directory;

  @Test
  void countsWhatItHoldsAndWhatWasDone() {
    try (var opened = TestStore.in(directory)) {
      var _ = opened.create("ring/one");
      var _ = opened.create("ring/two");
      var name = TestStore.name("ring/one");
      var _ = opened.keyring().primary(name).await().indefinitely();
      var _ = opened.keyring().primary(name).await().indefinitely();

      var counts = opened.store().counts().await().indefinitely();

      assertEquals(2, counts.keys());
      assertEquals(Map.of(VersionState.ENABLED, 2L), counts.versions());
      assertEquals(2, opened.store().revision());
      assertEquals(2, opened.store().writes().times());
      assertTrue(opened.store().writes().nanos() > 0);
      assertEquals(0, opened.store().failedWrites() + opened.store().failedReads());
      assertEquals(1, opened.keyring().misses());
      assertEquals(1, opened.keyring().hits());
      assertEquals(1, opened.keyring().loads().times());
      assertTrue(opened.keyring().fill() > 0);
    }
  }

  @Test
  void keepsEverythingOverARestart() {
    var before = TestStore.in(directory);
    var key = before.create("ring/key");
    before.close();

    try (var after = TestStore.in(directory)) {
      assertEquals(key, after.get("ring/key").orElseThrow());
      assertEquals(2, after.create("ring/next").revision());
    }
  }

  @Test
  void isReadableByNobodyElse() throws IOException {
    var file = directory.resolve("data/deep/keyservice.db");
    FileRootKeys.create(directory.resolve("root-keys"), "main");

    try (var rootKeys = FileRootKeys.load(directory.resolve("root-keys"), "main");
        var _ = Store.open(file, rootKeys, () -> SqlitePool.of(file), TestStore.CLOCK)) {
      assertEquals("rwx------", mode(directory.resolve("data")));
      assertEquals("rwx------", mode(directory.resolve("data/deep")));
      for (var name : List.of("", "-wal", "-shm", ".lock")) {
        assertEquals("rw-------", mode(Path.of(file + name)), name);
      }
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void refusesAnotherRootKey(@TempDir Path elsewhere) throws IOException {
    TestStore.tryOpening(directory);
    FileRootKeys.create(elsewhere, "main");
    var file = directory.resolve("root-keys/main.key");
    Files.write(file, Files.readAllBytes(elsewhere.resolve("main.key")));

    assertRefused("KEYSERVICE_ROOT_KEYS_DIR", "does not open the store");
  }

  @Test
  void refusesWhatIsNotADatabase() throws IOException {
    Files.writeString(TestStore.fileIn(directory), "a shopping list, of some length");

    assertRefused("KEYSERVICE_STORE_PATH", "is not an SQLite database");
  }

  @Test
  void refusesADatabaseWhoseContentIsNone() throws IOException {
    var bytes = new byte[8192];
    System.arraycopy("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 16);
    Files.write(TestStore.fileIn(directory), bytes);

    assertRefused("KEYSERVICE_STORE_PATH", "cannot be opened as a database");
  }

  @Test
  void refusesADirectoryInPlaceOfTheFile() throws IOException {
    Files.createDirectory(TestStore.fileIn(directory));

    assertRefused("KEYSERVICE_STORE_PATH", "is not a file");
  }

  @Test
  void refusesADirectoryThatIsAFile() throws IOException {
    Files.writeString(directory.resolve("data"), "");
    var file = directory.resolve("data/keyservice.db");

    var refused = assertThrows(SettingRefused.class, () -> StoreFile.prepare(file));

    assertEquals("KEYSERVICE_STORE_PATH", refused.setting());
  }

  @Test
  void refusesAPathThatTheDriverReadsDifferently() {
    for (var path : List.of("", ":memory:", "file:keys.db", "keys.db?mode=ro")) {
      var refused =
          assertThrows(SettingRefused.class, () -> StoreFile.prepare(Path.of(path)), path);
      assertEquals("KEYSERVICE_STORE_PATH", refused.setting());
    }
  }

  @Test
  void refusesTheTablesOfANewerVersion() throws SQLException {
    TestStore.tryOpening(directory);
    try (var tampering = Tampering.with(TestStore.fileIn(directory))) {
      tampering.run(
          "INSERT INTO flyway_schema_history SELECT 9, '9', 'newer', type, 'V9__newer.sql', 1,"
              + " installed_by, installed_on, 1, 1 FROM flyway_schema_history LIMIT 1");
    }

    assertRefused(
        "KEYSERVICE_STORE_PATH",
        "has schema version 9, and this version of the service knows them up to 4");
  }

  @Test
  void refusesAStoreOfANewerFormat() throws SQLException {
    TestStore.tryOpening(directory);
    try (var tampering = Tampering.with(TestStore.fileIn(directory))) {
      tampering.run("UPDATE store SET format = 2");
    }

    assertRefused("KEYSERVICE_STORE_PATH", "has format 2");
  }

  @Test
  void refusesASecondOpenerInTheSameProcessAndKeepsTheFirst() throws Exception {
    try (var first = TestStore.in(directory)) {
      assertRefused("KEYSERVICE_STORE_PATH", "is in use by another process");
      assertRefused("KEYSERVICE_STORE_PATH", "is in use by another process");
      assertEquals(3, openInAnotherProcess(), "the refusal must not drop the lock");
      assertEquals(1, first.create("ring/key").revision());
    }
    TestStore.tryOpening(directory);
  }

  @Test
  void refusesASecondProcess() throws Exception {
    try (var _ = TestStore.in(directory)) {
      assertEquals(3, openInAnotherProcess());
    }
    assertEquals(0, openInAnotherProcess());
    System.out.println(
        "proof: a second process on an open store, refused; on a closed one, served");
  }

  private int openInAnotherProcess() throws Exception {
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xshare:auto", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), SecondOpener.class.getName()));
    command.add(directory.toString());
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(DISCARD).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return process.exitValue();
  }

  /// Another process that opens the store of a directory; 3 when it is refused.
  static final class SecondOpener {
    private SecondOpener() {}

    public static void main(String[] arguments) {
      try {
        TestStore.tryOpening(Path.of(arguments[0]));
      } catch (SettingRefused e) {
        System.exit(e.getMessage().contains("in use by another process") ? 3 : 4);
      }
    }
  }

  @Test
  void refusesAPoolWhoseConnectionsHaveNoSettings() {
    FileRootKeys.create(directory.resolve("root-keys"), "main");
    var file = TestStore.fileIn(directory);

    try (var rootKeys = FileRootKeys.load(directory.resolve("root-keys"), "main");
        var pool = SqlitePool.of(file)) {
      pool.setPoolInterceptors(List.of());

      var refused =
          assertThrows(
              SettingRefused.class,
              () -> Store.open(file, rootKeys, () -> pool, TestStore.CLOCK).close());
      assertTrue(refused.getMessage().contains("PRAGMA"), refused::getMessage);
    }
  }

  @Test
  void refusesAPoolOfAnotherFileThanTheOneItLocked() {
    FileRootKeys.create(directory.resolve("root-keys"), "main");
    var file = TestStore.fileIn(directory);
    var other = directory.resolve("other.db");

    try (var rootKeys = FileRootKeys.load(directory.resolve("root-keys"), "main")) {
      var refused =
          assertThrows(
              SettingRefused.class,
              () ->
                  Store.open(file, rootKeys, () -> SqlitePool.of(other), TestStore.CLOCK).close());
      assertEquals("QUARKUS_DATASOURCE_SQLITE_JDBC_URL", refused.setting());
    }
    assertTrue(Files.notExists(other));
  }

  @Test
  void refusesAConnectionThatDoesNotTakeItsSettings() throws SQLException {
    var pool = SqlitePool.of(Path.of(":memory:")); // cannot have a WAL

    var refused =
        assertThrows(
            SettingRefused.class,
            () -> {
              try (var _ = pool.getConnection()) {
                // not reached
              }
            });

    assertTrue(refused.getMessage().contains("journal_mode"), refused::getMessage);
    pool.close();
  }

  private void assertRefused(String setting, String because) {
    var refused = assertThrows(SettingRefused.class, () -> TestStore.tryOpening(directory));
    assertEquals(setting, refused.setting());
    assertTrue(refused.getMessage().contains(because), refused::getMessage);
  }
}
