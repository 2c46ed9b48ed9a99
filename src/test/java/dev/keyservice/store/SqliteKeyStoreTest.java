package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.StoredKey;
import io.smallrye.mutiny.subscription.Cancellable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteKeyStoreTest extends KeyStoreContract {
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

  @Override
  KeyStore store() {
    return store.keys();
  }

  @Test
  void looksAtABoundedNumberOfNamesForOnePage() throws SQLException {
    try (var tampering = Tampering.with(store.file())) {
      tampering.run(
          """
          WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 11499)
          INSERT INTO crypto_key (uid, ring, name, purpose, algorithm, primary_version, labels, create_time)
            SELECT CAST(i || '-16-bytes-long' AS BLOB), 'ring', 'k' || i, '', '', 1, x'01', 0 FROM n
          """);
    }

    var ring = new KeyRingName("ring");
    var first =
        store.keys().list(ring, Optional.empty(), 10, _ -> false, _ -> true).await().indefinitely();
    var second =
        store.keys().list(ring, first.next(), 10, _ -> false, _ -> true).await().indefinitely();

    assertEquals(Optional.of("k10999"), first.next());
    assertEquals(Optional.empty(), second.next());
  }

  @Test
  void looksAtABoundedNumberOfNamesForOnePageOfRings() throws SQLException {
    try (var tampering = Tampering.with(store.file())) {
      tampering.run(
          """
          WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 59999)
          INSERT INTO crypto_key (uid, ring, name, purpose, algorithm, primary_version, labels, create_time)
            SELECT CAST(i || '-16-bytes-long' AS BLOB), 'ring', 'k' || i, '', '', 1, x'01', 0 FROM n
          """);
      tampering.run(
          "INSERT INTO crypto_key (uid, ring, name, purpose, algorithm, primary_version, labels, create_time)"
              + " SELECT randomblob(16), ?, '?', '', '', 1, x'01', 0",
          "a/damaged");
      tampering.run(
          "INSERT INTO crypto_key (uid, ring, name, purpose, algorithm, primary_version, labels, create_time)"
              + " SELECT randomblob(16), CAST(x'2fff' AS TEXT), '?', '', '', 1,"
              + " x'01', 0");
    }
    var _ = store.create("zebra/seen");
    var looked = new AtomicInteger();
    var rings = new ArrayList<KeyRingName>();
    var next = Optional.<String>empty();
    var pages = 0;

    do {
      var before = looked.get();
      var page =
          store
              .keys()
              .listRings(
                  next,
                  10,
                  name -> {
                    looked.incrementAndGet();
                    return name.ring().equals("zebra");
                  })
              .await()
              .indefinitely();
      assertTrue(looked.get() - before <= KeyLists.NAMES_A_PAGE);
      rings.addAll(page.rings());
      next = page.next();
      pages++;
    } while (next.isPresent());

    assertEquals(List.of(new KeyRingName("zebra")), rings);
    assertEquals(50_001, looked.get(), "each name once");
    assertEquals(51, pages);
  }

  @Test
  void looksNoFurtherForAReaderWhoIsGone() {
    for (int i = 0; i < 20; i++) {
      var _ = store.create("ring/k" + i);
    }
    var looked = new AtomicInteger();
    var waiting = new CompletableFuture<Cancellable>();

    waiting.complete(
        store
            .keys()
            .listRings(
                Optional.empty(),
                10,
                _ -> {
                  if (looked.incrementAndGet() == 5) {
                    waiting.join().cancel();
                  }
                  return false;
                })
            .subscribe()
            .with(_ -> {}));
    store.close(); // waits for it

    assertEquals(5, looked.get());
  }

  @Test
  void goesOnAfterADiskThatWasFull() throws SQLException {
    var _ = store.create("ring/before");
    forbidTheFileToGrow();

    var failure =
        assertThrows(
            Failure.Unavailable.class,
            () -> {
              for (int i = 0; i < 1_000; i++) {
                var _ = store.create("ring/k" + i);
              }
            });

    assertTrue(failure.getMessage().endsWith("outcome unknown"), failure::getMessage);
    // Connections that were kept would hold the limit for ever; they are closed in the background.
    var created = createPatiently("ring/after");
    assertTrue(created.revision() > 1);
    assertTrue(store.get("ring/before").isPresent());
  }

  private StoredKey createPatiently(String path) {
    return store
        .keys()
        .create(key(path), ChangeTerms.of("cn:tester"))
        .onFailure(Failure.Unavailable.class)
        .retry()
        .withBackOff(Duration.ofMillis(10))
        .expireIn(5_000)
        .await()
        .indefinitely()
        .stored();
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

  @Test
  void setsWhatItNeedsOnEveryConnection() throws SQLException {
    var expected = List.of("wal", "2", "1", "1", "5000");
    var all = new ArrayList<Connection>();
    for (int i = 0; i < SqlitePool.MAX_SIZE; i++) {
      all.add(store.pool().getConnection());
    }

    for (var connection : all) {
      var actual = new ArrayList<String>();
      for (var pragma :
          List.of("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")) {
        try (var statement = connection.createStatement();
            var result = statement.executeQuery("PRAGMA " + pragma)) {
          actual.add(result.getString(1));
        }
      }
      assertEquals(expected, actual);
      connection.close();
    }
  }
}
