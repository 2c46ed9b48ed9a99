package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.KeyEvent;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.StoredKey;
import dev.keyservice.root.WrappedMaterial;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What every store of keys promises.
abstract class KeyStoreContract {
  private static final ChangeTerms TERMS = ChangeTerms.of("spiffe://example.org/tester");

  /// An empty store.
  abstract KeyStore store();

  static CryptoKey key(String path) {
    var created = Instant.parse("2026-03-01T12:00:00.123456789Z");
    var version =
        CryptoKeyVersion.enabled(
            1, Algorithm.XAES_256_GCM, created, new WrappedMaterial(1, new byte[] {1, 2, 3}));
    return new CryptoKey(
        TestStore.name(path),
        UUID.randomUUID(),
        Purpose.ENCRYPT_DECRYPT,
        KeySettings.of(Algorithm.XAES_256_GCM)
            .withLabels(new TreeMap<>(Map.of("b", "", "a", "ä \u0000 \uFFFD 🔑"))),
        OptionalInt.of(1),
        created,
        List.of(version));
  }

  private StoredKey create(String path) {
    return await(store().create(key(path), TERMS)).stored();
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().indefinitely();
  }

  @Test
  void readsWhatItCreated() {
    var key = key("ring/key");

    var created = await(store().create(key, TERMS)).stored();

    assertEquals(key, created.key());
    assertEquals(Optional.of(created), await(store().get(key.name())));
  }

  @Test
  void keepsWholeMicroseconds() {
    var created = create("ring/key");

    assertEquals(Instant.parse("2026-03-01T12:00:00.123456Z"), created.key().createTime());
  }

  @Test
  void knowsNothingOfANameThatWasNeverUsed() {
    assertEquals(Optional.empty(), await(store().get(TestStore.name("ring/key"))));
  }

  @Test
  void takesANameOnlyOnce() {
    var first = create("ring/key");

    assertThrows(Failure.AlreadyExists.class, () -> create("ring/key"));
    assertEquals(Optional.of(first), await(store().get(first.key().name())));
  }

  @Test
  void tellsNamesApartByRingByKeyAndByCase() {
    for (var path : List.of("ring/key", "ring/Key", "Ring/key", "rin/gkey", "ringk/ey")) {
      var _ = create(path);
    }

    assertEquals(5, await(store().get(TestStore.name("ringk/ey"))).orElseThrow().revision());
  }

  @Test
  void countsRevisionsFromOneWithoutGaps() {
    assertEquals(1, create("ring/a").revision());
    assertThrows(Failure.AlreadyExists.class, () -> create("ring/a"));
    assertEquals(2, create("ring/b").revision());
  }

  @Test
  void givesEachKeyAnEtagOfItsOwn() {
    assertNotEquals(create("ring/a").etag(), create("ring/b").etag());
  }

  @Test
  void doesNothingUntilSomebodySubscribes() {
    var _ = store().create(key("ring/key"), TERMS);

    assertEquals(Optional.empty(), await(store().get(TestStore.name("ring/key"))));
  }

  @Test
  void triesAgainForASecondSubscriber() {
    var create = store().create(key("ring/key"), TERMS);
    var _ = await(create);

    assertThrows(Failure.AlreadyExists.class, () -> await(create));
  }

  @Test
  void listsTheKeysOfARingInTheOrderOfTheirNames() {
    for (var path : List.of("ring/b", "other/x", "ring/_", "ring/a", "ring/B", "ringer/y")) {
      var _ = create(path);
    }

    assertEquals(List.of("B", "_", "a", "b"), names(list("ring", Optional.empty(), 10)));
  }

  @Test
  void listsNothingInARingThatIsNotThere() {
    var page = list("ring", Optional.empty(), 10);

    assertEquals(new KeyStore.KeyPage(List.of(), List.of(), Optional.empty()), page);
  }

  @Test
  void goesOnWhereAPageEnded() {
    for (int i = 0; i < 7; i++) {
      var _ = create("ring/k" + i);
    }
    var seen = new ArrayList<String>();

    var page = list("ring", Optional.empty(), 3);
    seen.addAll(names(page));
    while (page.next().isPresent()) {
      page = list("ring", page.next(), 3);
      assertTrue(page.keys().size() <= 3);
      seen.addAll(names(page));
    }

    assertEquals(IntStream.range(0, 7).mapToObj(i -> "k" + i).toList(), seen);
  }

  @Test
  void listsOnlyWhatTheReaderMaySee() {
    for (var path : List.of("ring/a", "ring/b", "hidden/a", "other/b")) {
      var _ = create(path);
    }

    var keys =
        await(
            store()
                .list(
                    new KeyRingName("ring"),
                    Optional.empty(),
                    10,
                    name -> name.key().equals("b"),
                    _ -> true));
    var rings =
        await(store().listRings(Optional.empty(), 10, name -> !name.ring().equals("hidden")));

    assertEquals(List.of("b"), names(keys));
    assertEquals(List.of(new KeyRingName("other"), new KeyRingName("ring")), rings.rings());
  }

  @Test
  void listsRingsPageByPage() {
    for (var path : List.of("c/x", "a/x", "a/y", "b/x")) {
      var _ = create(path);
    }

    var first = await(store().listRings(Optional.empty(), 2, _ -> true));
    var second = await(store().listRings(first.next(), 2, _ -> true));

    assertEquals(List.of(new KeyRingName("a"), new KeyRingName("b")), first.rings());
    assertEquals(List.of(new KeyRingName("c")), second.rings());
    assertEquals(Optional.empty(), second.next());
  }

  @Test
  void tellsEveryChangeInItsOrder() {
    var created = Stream.of("b/2", "a/1", "b/1").map(this::create).toList();

    var page = await(store().changes(0, 10, _ -> true));

    assertEquals(created.stream().map(KeyEvent.Subject.Key::new).toList(), subjects(page));
    assertEquals(
        List.of(1L, 2L, 3L),
        page.events().stream().map(event -> event.revision().getAsLong()).toList());
    assertEquals(3, page.last());
    assertTrue(page.newest());
    assertEquals(3, await(store().newestRevision()));
  }

  @Test
  void goesOnWhereChangesEnded() {
    var _ = create("a/1");
    var second = create("a/2");
    var third = create("a/3");

    var first = await(store().changes(0, 1, _ -> true));
    var rest = await(store().changes(first.last(), 10, _ -> true));
    var none = await(store().changes(rest.last(), 10, _ -> true));

    assertFalse(first.newest());
    assertEquals(
        List.of(new KeyEvent.Subject.Key(second), new KeyEvent.Subject.Key(third)), subjects(rest));
    assertEquals(List.of(), none.events());
    assertEquals(3, none.last());
    assertTrue(none.newest());
  }

  @Test
  void tellsOnlyChangesThatTheReaderMaySeeAndHowFarItLooked() {
    var _ = create("a/1");
    var seen = create("b/1");
    var _ = create("a/2");

    var page = await(store().changes(0, 10, name -> name.ring().equals("b")));

    assertEquals(List.of(new KeyEvent.Subject.Key(seen)), subjects(page));
    assertEquals(3, page.last());
  }

  @Test
  void goesOnFromNoRevisionThatIsNotThere() {
    var _ = create("a/1");

    var refused =
        assertThrows(Failure.OutOfRange.class, () -> await(store().changes(2, 10, _ -> true)));

    assertEquals(Map.of("newestRevision", "1"), refused.metadata());
  }

  @Test
  void wakesWhoeverWaitsForAChange() {
    var waiting = store().changedSince(0).subscribeAsCompletionStage();
    assertFalse(waiting.isDone());

    var _ = create("a/1");

    waiting.orTimeout(5, TimeUnit.SECONDS).join();
    await(store().changedSince(0));
  }

  private static List<KeyEvent.Subject> subjects(KeyStore.ChangePage page) {
    return page.events().stream().map(KeyEvent::subject).toList();
  }

  @Test
  void letsOneOfFiftyRacingCreationsOfANameSucceed() {
    var outcomes =
        race(IntStream.range(0, 50).mapToObj(_ -> store().create(key("ring/key"), TERMS)).toList());

    var created = outcomes.stream().filter(StoredKey.class::isInstance).toList();
    var refused = outcomes.stream().filter(Failure.AlreadyExists.class::isInstance).toList();
    assertEquals(List.of(1, 49), List.of(created.size(), refused.size()));
    assertEquals(created.getFirst(), await(store().get(TestStore.name("ring/key"))).orElseThrow());
    System.out.println("proof: 50 racing creations of one name, 1 created, 49 told that it exists");
  }

  @Test
  void givesTwoHundredRacingCreationsContiguousRevisions() {
    var outcomes =
        race(
            IntStream.range(0, 200)
                .mapToObj(i -> store().create(key("ring/k" + i), TERMS))
                .toList());

    var revisions =
        outcomes.stream()
            .mapToLong(key -> assertInstanceOf(StoredKey.class, key).revision())
            .sorted();
    assertEquals(LongStream.rangeClosed(1, 200).boxed().toList(), revisions.boxed().toList());
    System.out.println("proof: 200 racing creations of as many names, revisions 1 to 200");
  }

  @Test
  void answersOnTheContextOfTheCaller() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var context = vertx.getOrCreateContext();
      var answeredOn = new CompletableFuture<Context>();
      context.runOnContext(_ ->
          store()
              .get(TestStore.name("ring/key"))
              .subscribe()
              .with(_ -> answeredOn.complete(Vertx.currentContext())));

      assertSame(context, answeredOn.get());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private KeyStore.KeyPage list(String ring, Optional<String> after, int limit) {
    return await(store().list(new KeyRingName(ring), after, limit, _ -> true, _ -> true));
  }

  private static List<String> names(KeyStore.KeyPage page) {
    return page.keys().stream()
        .map(StoredKey::key)
        .map(CryptoKey::name)
        .map(CryptoKeyName::key)
        .toList();
  }

  /// Subscribes to all at once; each comes to its item or its failure.
  private static List<Object> race(List<Uni<ChangeOutcome>> creations) {
    var outcomes =
        creations.stream()
            .map(creation ->
                creation
                    .<Object>map(ChangeOutcome::stored)
                    .onFailure()
                    .recoverWithItem(e -> e)
                    .subscribeAsCompletionStage())
            .toList();
    return outcomes.stream().map(CompletableFuture::join).toList();
  }
}
