package dev.keyservice.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.store.TestStore;
import dev.keyservice.testing.Eventually;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyringTest {
  private static final CryptoKeyName NAME = new CryptoKeyName("ring", "key");
  private static final byte[] PLAINTEXT = "attack at dawn".getBytes(StandardCharsets.UTF_8);
  private static final byte[] AAD = {1, 2};

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

  private static <T> T await(Uni<T> uni) {
    return uni.await().indefinitely();
  }

  private UsableVersion primary() {
    return await(store.keyring().primary(NAME));
  }

  private static byte[] seal(UsableVersion version) {
    return await(version.seal(PLAINTEXT, AAD));
  }

  @Test
  void handsOutThePrimaryVersionReadyForUse() {
    var key = store.create("ring/key").key();

    var primary = primary();

    assertEquals(NAME.version(1), primary.name());
    assertEquals(key.uid(), primary.keyUid());
    assertEquals(Algorithm.XAES_256_GCM, primary.algorithm());
    var sealed = seal(primary);
    assertArrayEquals(PLAINTEXT, primary.open(sealed, AAD));
  }

  @Test
  void opensAfterARestartWhatItSealedBefore() {
    var _ = store.create("ring/key");
    var sealed = seal(primary());
    store.close();

    store = TestStore.in(directory);

    assertArrayEquals(PLAINTEXT, primary().open(sealed, AAD));
  }

  @Test
  void keepsWhatItOpened() {
    var _ = store.create("ring/key");

    assertSame(primary(), primary());
    assertSame(primary(), await(store.keyring().version(NAME.version(1))));
  }

  @Test
  void opensAgainWhatItWasToldToForget() {
    var _ = store.create("ring/key");
    var before = primary();

    store.keyring().invalidate(NAME);

    assertNotSame(before, primary());
    assertEquals(14 + 40, seal(before).length, "still usable by whoever has it");
  }

  @Test
  void saysThatThereIsNoSuchKeyUntilThereIs() {
    var missing = assertThrows(Failure.NotFound.class, this::primary);
    assertEquals(Reason.KEY_NOT_FOUND, missing.reason());

    var _ = store.create("ring/key");

    assertEquals(NAME.version(1), primary().name());
  }

  @Test
  void saysThatThereIsNoSuchVersion() {
    var _ = store.create("ring/key");

    var missing =
        assertThrows(Failure.NotFound.class, () -> await(store.keyring().version(NAME.version(2))));

    assertEquals(Reason.VERSION_NOT_FOUND, missing.reason());
  }

  @Test
  void refusesAVersionThatIsNotEnabled() {
    var stored = store.create("ring/key");
    try (var keyring = keyringOver(new Disabled(stored))) {
      var refused =
          assertThrows(Failure.FailedPrecondition.class, () -> await(keyring.primary(NAME)));

      assertEquals(Reason.VERSION_NOT_ENABLED, refused.reason());
      assertEquals(NAME.version(1).resource() + " is disabled", refused.getMessage());
    }
  }

  @Test
  void readsAKeyOnceForAllWhoWaitForIt() {
    var reads = new AtomicInteger();
    var stored = store.create("ring/key");
    var gate = new CompletableFuture<Optional<StoredKey>>();
    try (var keyring = keyringOver(new Gated(reads, gate))) {
      var waiting =
          Stream.generate(() -> keyring.primary(NAME).subscribeAsCompletionStage())
              .limit(100)
              .toList();
      waiting.getFirst().cancel(true);

      gate.complete(Optional.of(stored));

      var opened = waiting.stream().skip(1).map(CompletableFuture::join).distinct().toList();
      assertEquals(1, opened.size(), "one who gives up leaves the others alone");
      assertEquals(1, reads.get());
    }
  }

  @Test
  void doesNotKeepWhatWasReadBeforeItWasToldToForget() {
    var reads = new AtomicInteger();
    var stored = store.create("ring/key");
    var gate = new CompletableFuture<Optional<StoredKey>>();
    try (var keyring = keyringOver(new Gated(reads, gate))) {
      var before = keyring.primary(NAME).subscribeAsCompletionStage();
      keyring.invalidate(NAME);
      gate.complete(Optional.of(stored));
      var _ = before.join();

      assertNotSame(before.join(), await(keyring.primary(NAME)));
      assertEquals(2, reads.get());
    }
  }

  @Test
  void findsAKeyThatWasAcknowledgedWhileAnEarlierReadIsUnderWay() {
    var gate = new CompletableFuture<Void>();
    var slow = new FirstAnswerDelayed(store.keys(), new AtomicInteger(), gate);
    try (var keyring = keyringOver(slow)) {
      var before = keyring.primary(NAME).subscribeAsCompletionStage();
      slow.read().join();
      var lifecycle =
          new KeyLifecycle(
              slow,
              store.storeKeys(),
              keyring,
              store.usages(),
              TestStore.RECENT_USE,
              ForkJoinPool.commonPool(),
              Clock.systemUTC());
      var _ =
          await(
              lifecycle.create(
                  new KeyLifecycle.NewKey(
                      NAME, Purpose.ENCRYPT_DECRYPT, KeySettings.of(Algorithm.XAES_256_GCM), true),
                  ChangeTerms.of("cn:tester")));

      var after = keyring.primary(NAME).subscribeAsCompletionStage();
      var found = after.copy().orTimeout(10, TimeUnit.SECONDS).join();
      gate.complete(null);

      assertEquals(NAME.version(1), found.name());
      assertThrows(CompletionException.class, before::join, "it asked before there was a key");
    }
  }

  @Test
  void doesNotLeaveTheThreadForAKeyThatItHas() {
    var _ = store.create("ring/key");
    var opened = primary();
    var emitted = new AtomicInteger();

    var _ =
        store
            .keyring()
            .primary(NAME)
            .subscribe()
            .with(version -> {
              assertSame(opened, version);
              emitted.incrementAndGet();
            });

    assertEquals(1, emitted.get(), "before subscribe() returned");
  }

  @Test
  void answersEachOnItsOwnContext() throws Exception {
    var _ = store.create("ring/key");
    var vertx = Vertx.vertx();
    try {
      var contexts = List.of(vertx.getOrCreateContext(), vertx.getOrCreateContext());
      var answeredOn = contexts.stream().map(this::primaryFrom).toList();

      for (int i = 0; i < contexts.size(); i++) {
        assertSame(contexts.get(i), answeredOn.get(i).get());
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private CompletableFuture<Context> primaryFrom(Context context) {
    var answeredOn = new CompletableFuture<Context>();
    context.runOnContext(_ ->
        store
            .keyring()
            .primary(NAME)
            .subscribe()
            .with(_ -> answeredOn.complete(Vertx.currentContext())));
    return answeredOn;
  }

  @Test
  void holdsABoundedNumberOfSecrets() throws Exception {
    for (int i = 0; i < 100; i++) {
      var _ = store.create("ring/k" + i);
    }
    try (var keyring =
        new Keyring(
            store.keys(),
            store.storeKeys(),
            store.nonceUses(),
            store.usages(),
            ForkJoinPool.commonPool(),
            new KeyringLimit(100))) {
      for (int i = 0; i < 100; i++) {
        var _ = await(keyring.primary(new CryptoKeyName("ring", "k" + i)));
      }

      // A key with one version counts twice. What came last is weighed a moment later.
      Eventually.await(() -> keyring.size() == 50);
    }
  }

  @Test
  void erasesEverySecretWhenItIsClosed() {
    var _ = store.create("ring/key");
    var primary = primary();

    store.keyring().close();

    assertThrows(IllegalStateException.class, () -> seal(primary));
  }

  private Keyring keyringOver(KeyStore keys) {
    return new Keyring(
        keys,
        store.storeKeys(),
        store.nonceUses(),
        store.usages(),
        ForkJoinPool.commonPool(),
        TestStore.KEYRING_LIMIT);
  }

  /// A store that only answers about one key.
  private interface OneKey extends KeyStore {
    @Override
    default Uni<ChangeOutcome> create(CryptoKey key, ChangeTerms terms) {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<ChangeOutcome> change(CryptoKeyName name, ChangeTerms terms, Step step) {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<KeyPage> list(
        KeyRingName ring,
        Optional<String> after,
        int limit,
        Predicate<CryptoKeyName> visible,
        Predicate<CryptoKey> matching) {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<Long> newestRevision() {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<ChangePage> changes(long after, int limit, Predicate<CryptoKeyName> visible) {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<Void> changedSince(long revision) {
      throw new UnsupportedOperationException();
    }

    @Override
    default Uni<RingPage> listRings(
        Optional<String> after, int limit, Predicate<CryptoKeyName> visible) {
      throw new UnsupportedOperationException();
    }
  }

  /// Answers once the gate is open, and counts how often it is asked.
  private record Gated(AtomicInteger reads, CompletableFuture<Optional<StoredKey>> gate)
      implements OneKey {
    @Override
    public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
      return Uni.createFrom()
          .completionStage(() -> {
            reads.incrementAndGet();
            return gate;
          });
    }
  }

  /// A real store of which the first answer is on its way until the gate is open.
  private record FirstAnswerDelayed(
      KeyStore store,
      AtomicInteger reads,
      CompletableFuture<Void> gate,
      CompletableFuture<Void> read)
      implements OneKey {
    FirstAnswerDelayed(KeyStore store, AtomicInteger reads, CompletableFuture<Void> gate) {
      this(store, reads, gate, new CompletableFuture<>());
    }

    @Override
    public Uni<ChangeOutcome> create(CryptoKey key, ChangeTerms terms) {
      return store.create(key, terms);
    }

    @Override
    public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
      if (reads.getAndIncrement() > 0) {
        return store.get(name);
      }
      return store
          .get(name)
          .invoke(() -> read.complete(null))
          .call(() -> Uni.createFrom().completionStage(gate));
    }
  }

  /// Answers with a key whose versions are disabled.
  private record Disabled(StoredKey stored) implements OneKey {
    @Override
    public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
      var key = stored.key();
      var versions = key.versions().stream().map(Disabled::disabled).toList();
      var disabled =
          new CryptoKey(
              key.name(),
              key.uid(),
              key.purpose(),
              key.settings(),
              key.primary(),
              key.createTime(),
              versions);
      return Uni.createFrom()
          .item(Optional.of(new StoredKey(disabled, stored.revision(), stored.etag())));
    }

    private static CryptoKeyVersion disabled(CryptoKeyVersion version) {
      return version.in(VersionState.DISABLED);
    }
  }
}
