package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyWatch;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Follows the keys of a real store.
class KeyWatchTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir private Path directory;
  private TestStore store;

  @BeforeEach
  void open() {
    store = TestStore.in(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void beginsWithASnapshotThatEndsAtARevision() {
    create("b/2", "a/1", "b/1");

    var seen = follow(watch().ofAll(), 4);

    assertEquals(List.of("a/1", "b/1", "b/2", "progress 3"), texts(seen.getItems()));
    seen.cancel();
  }

  @Test
  void saysOfAnEmptyStoreThatThereIsNothing() {
    var seen = follow(watch().ofAll(), 1);

    assertEquals(List.of("progress 0"), texts(seen.getItems()));
    seen.cancel();
  }

  @Test
  void goesOnWithEveryChange() {
    create("a/1");
    var seen = follow(watch().ofAll(), 2);

    create("b/1", "a/2");

    assertEquals(
        List.of("a/1", "progress 1", "b/1 at 2", "a/2 at 3"), texts(more(seen, 2).getItems()));
    seen.cancel();
  }

  @Test
  void resumesAfterARevisionWithoutASnapshot() {
    create("a/1", "a/2", "a/3");

    var seen = follow(watch().ofAll(1), 2);

    assertEquals(List.of("a/2 at 2", "a/3 at 3"), texts(seen.getItems()));
    seen.cancel();
  }

  @Test
  void readsAsManyPagesAsItTakes() {
    var paths = IntStream.range(100, 280).mapToObj(i -> (i % 3) + "/k" + i).toArray(String[]::new);
    create(paths);

    var snapshot = follow(watch().ofAll(), paths.length + 1);
    var changes = follow(watch().ofAll(0), paths.length);

    assertEquals(
        Stream.concat(Stream.of(paths).sorted(), Stream.of("progress " + paths.length)).toList(),
        texts(snapshot.getItems()));
    assertEquals(
        IntStream.range(0, paths.length).mapToObj(i -> paths[i] + " at " + (i + 1)).toList(),
        texts(changes.getItems()));
    snapshot.cancel();
    changes.cancel();
  }

  @Test
  void followsOneRing() {
    create("a/1", "b/1");
    var seen = follow(watch().of(new KeyRingName("b")), 2);

    create("a/2", "b/2");

    assertEquals(List.of("b/1", "progress 2", "b/2 at 4"), texts(more(seen, 1).getItems()));
    seen.cancel();
  }

  @Test
  void tellsWhatItsReaderMaySeeNow() {
    Set<String> granted = ConcurrentHashMap.newKeySet();
    granted.add("a");
    create("a/1", "b/1");
    var seen = follow(new KeyWatch(store.keys(), name -> granted.contains(name.ring())).ofAll(), 2);

    granted.add("b");
    create("b/2");
    granted.remove("a");
    create("a/2", "b/3");

    assertEquals(
        List.of("a/1", "progress 2", "b/2 at 3", "b/3 at 5"), texts(more(seen, 2).getItems()));
    seen.cancel();
  }

  @Test
  void tellsAReaderWhoMaySeeNothingHowFarItIs() throws SQLException {
    var paths = IntStream.range(0, 1_001).mapToObj(i -> "a/k" + i).toArray(String[]::new);
    var seen = follow(new KeyWatch(store.keys(), _ -> false).ofAll(), 1);

    create(paths);

    var told = more(seen, 1).getItems().getLast().revision().orElseThrow();
    assertTrue(told >= 1_000, "told " + told);
    seen.cancel();
  }

  /// Written between the reading of the first page and of the last.
  @Test
  void aSnapshotHoldsWhatWasCreatedMeanwhile() {
    create(IntStream.range(100, 200).mapToObj(i -> "m/k" + i).toArray(String[]::new));
    var seen = follow(watch().ofAll(), 10);

    create("a/early", "z/late");

    var rest = more(seen, 93);
    var snapshot = rest.getItems();
    assertEquals("progress 102", text(snapshot.getLast()));
    assertTrue(texts(snapshot).contains("a/early"));
    assertTrue(texts(snapshot).contains("z/late"));
    assertTrue(
        snapshot.subList(0, snapshot.size() - 1).stream()
            .allMatch(event -> event.revision().isEmpty()));
    seen.cancel();
  }

  @Test
  void refusesARevisionThatIsNotThere() {
    create("a/1");

    var seen = watch().ofAll(2).subscribe().withSubscriber(AssertSubscriber.create(1));

    seen.awaitFailure(LIMIT).assertFailedWith(Failure.OutOfRange.class);
  }

  @Test
  void namesAKeyWhoseRowsCannotBeBelieved() throws SQLException {
    create("a/1", "a/2");
    execute("UPDATE crypto_key SET labels = x'00' WHERE name = '1'");

    var snapshot = follow(watch().ofAll(), 3);
    var changes = follow(watch().ofAll(0), 2);

    assertEquals(
        Set.of("damaged a/1", "a/2", "progress 2"), Set.copyOf(texts(snapshot.getItems())));
    assertEquals(List.of("damaged a/1 at 1", "a/2 at 2"), texts(changes.getItems()));
    snapshot.cancel();
    changes.cancel();
  }

  @Test
  void believesNoChangeThatTheLogDoesNotVouchFor() throws SQLException {
    create("a/1", "a/2", "a/3");
    execute("UPDATE change_log SET actor = 'cn:other' WHERE revision = 2");

    var seen = watch().ofAll(0).subscribe().withSubscriber(AssertSubscriber.create(9));

    seen.awaitFailure(LIMIT).assertFailedWith(Failure.Unavailable.class);
    assertTrue(store.store().broken());
  }

  @Test
  void readsNothingForWhomeverDoesNotAsk() throws InterruptedException {
    create(IntStream.range(0, 300).mapToObj(i -> "a/k" + i).toArray(String[]::new));
    var asked = ConcurrentHashMap.<CryptoKeyName>newKeySet();

    var seen = follow(new KeyWatch(store.keys(), name -> noted(asked, name)).ofAll(0), 1);
    Thread.sleep(300);

    assertTrue(asked.size() < 100, asked.size() + " names were looked at");
    seen.cancel();
  }

  @Test
  void leavesNobodyWaitingWhenItIsCancelled() {
    var seen = follow(watch().ofAll(), 1);
    seen.request(1);

    seen.cancel();

    assertEquals(0, store.store().waiting());
  }

  private static boolean noted(Set<CryptoKeyName> names, CryptoKeyName name) {
    names.add(name);
    return true;
  }

  private KeyWatch watch() {
    return new KeyWatch(store.keys(), _ -> true);
  }

  private void create(String... paths) {
    for (var path : paths) {
      var _ = store.create(path);
    }
  }

  private void execute(String sql) throws SQLException {
    try (var connection = store.pool().getConnection();
        var statement = connection.createStatement()) {
      var _ = statement.executeUpdate(sql);
    }
  }

  private static AssertSubscriber<KeyEvent> follow(Multi<KeyEvent> events, int count) {
    var subscriber = events.subscribe().withSubscriber(AssertSubscriber.<KeyEvent>create(0));
    return more(subscriber, count);
  }

  private static AssertSubscriber<KeyEvent> more(AssertSubscriber<KeyEvent> seen, int count) {
    return seen.awaitNextItems(count, count, LIMIT);
  }

  private static List<String> texts(List<KeyEvent> events) {
    return events.stream().map(KeyWatchTest::text).toList();
  }

  private static String text(KeyEvent event) {
    return switch (event.subject()) {
      case KeyEvent.Subject.Key(var stored) -> stored.key().name().path() + at(event.revision());
      case KeyEvent.Subject.Damaged(var name) -> "damaged " + name.path() + at(event.revision());
      case KeyEvent.Subject.Nothing() -> {
        assertFalse(event.changeTime().isPresent());
        yield "progress " + event.revision().getAsLong();
      }
    };
  }

  private static String at(OptionalLong revision) {
    return revision.isPresent() ? " at " + revision.getAsLong() : "";
  }
}
