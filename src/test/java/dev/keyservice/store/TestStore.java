package dev.keyservice.store;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.DueWork;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Keyring;
import dev.keyservice.key.KeyringLimit;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.RecentUse;
import dev.keyservice.key.StoredKey;
import dev.keyservice.root.FileRootKeys;
import dev.keyservice.root.StoreKeys;
import io.agroal.api.AgroalDataSource;
import io.opentelemetry.api.trace.TracerProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;

/// A real store in a directory, opened as the service opens it.
public final class TestStore implements AutoCloseable {
  public static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");
  public static final RecentUse RECENT_USE = new RecentUse(Duration.ofDays(30));
  public static final KeyringLimit KEYRING_LIMIT = new KeyringLimit(10_000);
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  static final SortedMap<String, String> LABELS = new TreeMap<>(Map.of("env", "test", "team", "ä"));

  private final Path file;
  private final FileRootKeys rootKeys;
  private final AgroalDataSource pool;
  private final Store store;
  private final JdbcNonceUses nonceUses;
  private final Keyring keyring;

  private TestStore(Path file, FileRootKeys rootKeys, long nonceLimit, Duration usageInterval) {
    this.file = file;
    this.rootKeys = rootKeys;
    this.pool = SqlitePool.of(file);
    this.store =
        Store.open(
            file, rootKeys, () -> pool, TracerProvider.noop().get("none"), CLOCK, usageInterval);
    this.nonceUses = store.nonceUses(new NonceLimit(nonceLimit));
    this.keyring =
        new Keyring(
            store.keys(),
            store.storeKeys(),
            nonceUses,
            store.usages(),
            ForkJoinPool.commonPool(),
            KEYRING_LIMIT);
  }

  /// Opens `keyservice.db` with `root-keys/main.key` of the directory; makes what is missing.
  public static TestStore in(Path directory) {
    return in(directory, NonceLimit.MOST);
  }

  /// The same with another limit of uses.
  public static TestStore in(Path directory, long nonceLimit) {
    return in(directory, nonceLimit, JdbcUsages.INTERVAL);
  }

  /// The same with another time from one saving of uses to the next.
  static TestStore in(Path directory, long nonceLimit, Duration usageInterval) {
    var rootKeys = directory.resolve("root-keys");
    if (Files.notExists(rootKeys)) {
      FileRootKeys.create(rootKeys, "main");
    }
    return new TestStore(
        fileIn(directory), FileRootKeys.load(rootKeys, "main"), nonceLimit, usageInterval);
  }

  static Path fileIn(Path directory) {
    return directory.resolve("keyservice.db");
  }

  /// Opens it, for what that comes to, and closes it again.
  static void tryOpening(Path directory) {
    in(directory).close();
  }

  public KeyStore keys() {
    return store.keys();
  }

  public Keyring keyring() {
    return keyring;
  }

  public KeyLifecycle lifecycle() {
    return new KeyLifecycle(
        store.keys(),
        store.storeKeys(),
        keyring,
        store.usages(),
        TestStore.RECENT_USE,
        ForkJoinPool.commonPool(),
        CLOCK);
  }

  /// The same at another time.
  public KeyLifecycle lifecycle(Instant now) {
    return new KeyLifecycle(
        store.keys(),
        store.storeKeys(),
        keyring,
        store.usages(),
        TestStore.RECENT_USE,
        ForkJoinPool.commonPool(),
        Clock.fixed(now, ZoneOffset.UTC));
  }

  public DueWork dueWork() {
    return store.dueWork();
  }

  public List<ChangeEntry> changes() {
    return store.changes(0, 1_000);
  }

  /// Changes the database past the service.
  public void execute(String sql) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      var _ = statement.execute(sql);
    }
  }

  /// Whether these bytes are anywhere in the files of the store.
  public boolean filesContain(byte[] bytes) throws IOException {
    var wanted = new String(bytes, StandardCharsets.ISO_8859_1);
    try (var files = Files.list(file.toAbsolutePath().getParent())) {
      for (var each : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(each, StandardCharsets.ISO_8859_1).contains(wanted)) {
          return true;
        }
      }
      return false;
    }
  }

  public JdbcNonceUses nonceUses() {
    return nonceUses;
  }

  public JdbcUsages usages() {
    return (JdbcUsages) store.usages();
  }

  /// Copies its files as they are at this moment: what a power cut would leave.
  void copyTo(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("root-keys"));
    for (var name : List.of("keyservice.db", "keyservice.db-wal", "root-keys/main.key")) {
      Files.copy(
          file.resolveSibling(name), directory.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  public StoreKeys storeKeys() {
    return store.storeKeys();
  }

  Store store() {
    return store;
  }

  AgroalDataSource pool() {
    return pool;
  }

  Path file() {
    return file;
  }

  static CryptoKeyName name(String path) {
    var parts = path.split("/", 2);
    return new CryptoKeyName(parts[0], parts[1]);
  }

  public StoredKey create(String path) {
    return create(path, Algorithm.XAES_256_GCM);
  }

  public StoredKey create(String path, Algorithm algorithm) {
    var settings = KeySettings.of(algorithm).withLabels(LABELS);
    return lifecycle()
        .create(
            new KeyLifecycle.NewKey(name(path), Purpose.of(algorithm), settings, true),
            ChangeTerms.of("cn:tester"))
        .await()
        .indefinitely()
        .stored();
  }

  public Optional<StoredKey> get(String path) {
    return keys().get(name(path)).await().indefinitely();
  }

  @Override
  public void close() {
    keyring.close();
    store.close();
    rootKeys.close();
  }
}
