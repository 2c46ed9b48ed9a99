package dev.keyservice.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.store.TestStore;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyChangesTest {
  private static final ChangeTerms TERMS = ChangeTerms.of("cn:tester");
  private static final CryptoKeyName NAME = new CryptoKeyName("ring", "key");
  private static final byte[] NO_AAD = {};

  @TempDir Path directory;
  private TestStore store;
  private KeyLifecycle lifecycle;

  @BeforeEach
  void openWithAKey() {
    store = TestStore.in(directory);
    lifecycle = store.lifecycle();
    var _ = store.create("ring/key");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().indefinitely();
  }

  private StoredKey stored() {
    return store.get("ring/key").orElseThrow();
  }

  private static ChangeTerms once(UUID id, String body) {
    return new ChangeTerms(
        "cn:tester",
        Optional.empty(),
        false,
        Optional.of(new RequestOnce("test.Request", id, body.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void rotatesToANewPrimaryAndKeepsWhatWasEncrypted() {
    var first = await(store.keyring().primary(NAME));
    var sealed = await(first.seal(new byte[] {1, 2}, NO_AAD));

    var rotated = await(lifecycle.rotate(NAME, TERMS));

    assertEquals(OptionalInt.of(2), rotated.version());
    assertEquals(OptionalLong.of(2), rotated.revision());
    assertEquals(NAME.version(2), await(store.keyring().primary(NAME)).name());
    var old = await(store.keyring().version(NAME.version(1)));
    assertEquals(2, old.open(sealed, NO_AAD).length);
    assertEquals(rotated.stored(), stored());
  }

  @Test
  void makesAVersionThatIsNotThePrimary() {
    var made = await(lifecycle.createVersion(NAME, TERMS));

    assertEquals(OptionalInt.of(2), made.version());
    assertEquals(OptionalInt.of(1), stored().key().primary());
    assertEquals(VersionState.ENABLED, stored().key().version(2).orElseThrow().state());
    assertEquals(NAME.version(2), await(store.keyring().version(NAME.version(2))).name());
  }

  @Test
  void makesNewVersionsWithTheAlgorithmOfTheSettings() {
    var settings =
        KeySettings.of(Algorithm.XAES_256_GCM)
            .withLabels(new TreeMap<>(Map.of("a", "b")))
            .withDestroyWindow(Duration.ofDays(7))
            .withDeletionProtection(true);

    var updated = await(lifecycle.update(NAME, _ -> settings, TERMS));

    assertEquals(settings, updated.stored().key().settings());
    assertEquals(settings, stored().key().settings());
    assertNotEquals(1, stored().revision());
  }

  @Test
  void seesADisabledVersionAtTheNextUse() {
    var _ = await(store.keyring().primary(NAME));

    var _ = await(lifecycle.disable(NAME.version(1), TERMS));

    var refused =
        assertThrows(Failure.FailedPrecondition.class, () -> await(store.keyring().primary(NAME)));
    assertEquals(Reason.VERSION_NOT_ENABLED, refused.reason());
    var _ = await(lifecycle.enable(NAME.version(1), TERMS));
    assertEquals(NAME.version(1), await(store.keyring().primary(NAME)).name());
  }

  @Test
  void schedulesADestructionAfterTheWindowOfTheKey() {
    var _ =
        await(
            lifecycle.update(
                NAME, key -> key.settings().withDestroyWindow(Duration.ofDays(2)), TERMS));

    var scheduled = await(lifecycle.destroy(NAME.version(1), false, TERMS));

    var version = scheduled.stored().key().version(1).orElseThrow();
    assertEquals(VersionState.DESTROY_SCHEDULED, version.state());
    assertEquals(Optional.of(TestStore.NOW.plus(Duration.ofDays(2))), version.destroyTime());
    assertTrue(version.material().isPresent());
  }

  @Test
  void keepsTheTimeOfADestructionWhenTheWindowIsShortened() {
    var scheduled = await(lifecycle.destroy(NAME.version(1), false, TERMS));

    var shortened =
        await(
            lifecycle.update(
                NAME, key -> key.settings().withDestroyWindow(Duration.ofDays(1)), TERMS));

    assertEquals(scheduled.stored().key().versions(), shortened.stored().key().versions());
  }

  @Test
  void doesNotDestroyWhatIsProtected() {
    var _ =
        await(lifecycle.update(NAME, key -> key.settings().withDeletionProtection(true), TERMS));

    var refused =
        assertThrows(
            Failure.FailedPrecondition.class,
            () -> await(lifecycle.destroy(NAME.version(1), false, TERMS)));

    assertEquals(Reason.DELETION_PROTECTED, refused.reason());
  }

  @Test
  void destroysAVersionThatWasUsedOfLateOnlyByForce() {
    var version = await(store.keyring().primary(NAME));
    var _ = await(version.seal(new byte[1], NO_AAD));

    var refused =
        assertThrows(
            Failure.FailedPrecondition.class,
            () -> await(lifecycle.destroy(NAME.version(1), false, TERMS)));

    assertEquals(Reason.RECENTLY_USED, refused.reason());
    assertEquals("1", refused.metadata().get("uses"));
    assertEquals("2026-03-01T12:00:00Z", refused.metadata().get("lastUseTime"));
    assertTrue(refused.getMessage().contains("last used at 2026-03-01T12:00:00Z, and 1 times"));
    var later = store.lifecycle(TestStore.NOW.plus(Duration.ofDays(30)));
    var would = new ChangeTerms("cn:tester", Optional.empty(), true, Optional.empty());
    var _ = await(later.destroy(NAME.version(1), false, would));
    var _ = await(lifecycle.destroy(NAME.version(1), true, TERMS));
    assertEquals(VersionState.DESTROY_SCHEDULED, stored().key().version(1).orElseThrow().state());
  }

  @Test
  void changesNothingOfAKeyThatIsAnotherByNow() {
    var seen = stored().etag();
    var terms = new ChangeTerms("cn:tester", Optional.of(seen), false, Optional.empty());
    var _ = await(lifecycle.rotate(NAME, terms));

    assertThrows(Failure.Aborted.class, () -> await(lifecycle.rotate(NAME, terms)));

    assertEquals(2, stored().key().versions().size());
  }

  @Test
  void onlyTellsWhatWouldBecomeOfIt() {
    var before = stored();
    var terms = new ChangeTerms("cn:tester", Optional.empty(), true, Optional.empty());

    var would = await(lifecycle.rotate(NAME, terms));
    var wouldCreate = await(create("other", terms));

    assertEquals(2, would.stored().key().versions().size());
    assertEquals("", would.stored().etag());
    assertEquals(OptionalLong.empty(), would.revision());
    assertEquals(before, stored());
    assertEquals("other", wouldCreate.stored().key().name().key());
    assertEquals(Optional.empty(), store.get("ring/other"));
    assertThrows(Failure.AlreadyExists.class, () -> await(create("key", terms)));
  }

  private Uni<ChangeOutcome> create(String key, ChangeTerms terms) {
    return lifecycle.create(
        new KeyLifecycle.NewKey(
            new CryptoKeyName("ring", key),
            Purpose.ENCRYPT_DECRYPT,
            KeySettings.of(Algorithm.XAES_256_GCM),
            true),
        terms);
  }

  @Test
  void carriesTheSameRequestOutOnce() {
    var id = UUID.randomUUID();

    var first = await(lifecycle.rotate(NAME, once(id, "rotate")));
    var between = await(lifecycle.disable(NAME.version(1), TERMS));
    var again = await(lifecycle.rotate(NAME, once(id, "rotate")));

    assertEquals(OptionalLong.of(2), first.revision());
    assertEquals(OptionalLong.empty(), again.revision());
    assertEquals(first.version(), again.version());
    assertEquals(between.stored(), again.stored(), "the key as it is by then");
    assertEquals(2, stored().key().versions().size());
  }

  @Test
  void repeatsACreationInsteadOfSayingThatTheKeyExists() {
    var id = UUID.randomUUID();
    var first = await(create("other", once(id, "create")));

    var again = await(create("other", once(id, "create")));

    assertEquals(first.stored(), again.stored());
    assertThrows(Failure.AlreadyExists.class, () -> await(create("other", TERMS)));
  }

  @Test
  void refusesTheIdOfAnotherRequest() {
    var id = UUID.randomUUID();
    var _ = await(lifecycle.rotate(NAME, once(id, "rotate")));

    assertThrows(
        Failure.InvalidArgument.class, () -> await(lifecycle.rotate(NAME, once(id, "other"))));

    assertEquals(2, stored().key().versions().size());
  }

  @Test
  void tellsTheSameIdOfTwoCallersApart() {
    var id = UUID.randomUUID();
    var _ = await(lifecycle.rotate(NAME, once(id, "rotate")));
    var another =
        new ChangeTerms("cn:another", Optional.empty(), false, once(id, "other").request());

    var _ = await(lifecycle.rotate(NAME, another));

    assertEquals(3, stored().key().versions().size());
  }

  @Test
  void remembersRequestsOverARestart() {
    var id = UUID.randomUUID();
    var first = await(lifecycle.rotate(NAME, once(id, "rotate")));
    store.close();
    store = TestStore.in(directory);

    var again = await(store.lifecycle().rotate(NAME, once(id, "rotate")));

    assertEquals(first.stored(), again.stored());
    assertEquals(OptionalLong.empty(), again.revision());
  }

  @Test
  void carriesOutARequestAnewThatFailed() {
    var id = UUID.randomUUID();
    assertThrows(
        Failure.FailedPrecondition.class,
        () -> await(lifecycle.enable(NAME.version(1), once(id, "enable"))));
    var _ = await(lifecycle.disable(NAME.version(1), TERMS));

    var enabled = await(lifecycle.enable(NAME.version(1), once(id, "enable")));

    assertTrue(enabled.revision().isPresent());
  }

  @Test
  void knowsNoVersionThatIsNotThere() {
    var missing = NAME.version(7);
    for (var change :
        List.of(
            lifecycle.enable(missing, TERMS),
            lifecycle.disable(missing, TERMS),
            lifecycle.destroy(missing, false, TERMS),
            lifecycle.restore(missing, TERMS),
            lifecycle.setPrimary(missing, TERMS))) {
      var refused = assertThrows(Failure.NotFound.class, () -> await(change));
      assertEquals(Reason.VERSION_NOT_FOUND, refused.reason());
    }
    var nobody = new CryptoKeyName("ring", "nobody");
    var refused =
        assertThrows(Failure.NotFound.class, () -> await(lifecycle.rotate(nobody, TERMS)));
    assertEquals(Reason.KEY_NOT_FOUND, refused.reason());
  }

  /// Every state that a version can get into, and how.
  private CryptoKeyVersionName versionIn(VersionState state) {
    var version = await(lifecycle.createVersion(NAME, TERMS)).versionName();
    var _ =
        switch (state) {
          case ENABLED -> Optional.empty();
          case DISABLED -> Optional.of(await(lifecycle.disable(version, TERMS)));
          case DESTROY_SCHEDULED -> Optional.of(await(lifecycle.destroy(version, false, TERMS)));
          case DESTROYED -> {
            var _ = await(lifecycle.destroy(version, false, TERMS));
            yield Optional.of(await(later().destroyIfDue(version, TERMS)));
          }
          default -> throw new IllegalArgumentException(state + " is not reached yet");
        };
    assertEquals(state, stored().key().version(version.version()).orElseThrow().state());
    return version;
  }

  /// After every window.
  private KeyLifecycle later() {
    return store.lifecycle(TestStore.NOW.plus(Duration.ofDays(31)));
  }

  private Uni<ChangeOutcome> apply(VersionOperation operation, CryptoKeyVersionName version) {
    return switch (operation) {
      case ENABLE -> lifecycle.enable(version, TERMS);
      case DISABLE -> lifecycle.disable(version, TERMS);
      case SCHEDULE_DESTRUCTION -> lifecycle.destroy(version, false, TERMS);
      case RESTORE -> lifecycle.restore(version, TERMS);
      case SET_PRIMARY -> lifecycle.setPrimary(version, TERMS);
      case DESTROY -> later().destroyIfDue(version, TERMS);
    };
  }

  @Test
  void goesThroughTheWholeTableOfTransitions() {
    var table =
        Map.of(
            VersionState.ENABLED, "DISABLE SCHEDULE_DESTRUCTION SET_PRIMARY",
            VersionState.DISABLED, "ENABLE SCHEDULE_DESTRUCTION",
            VersionState.DESTROY_SCHEDULED, "RESTORE DESTROY",
            VersionState.DESTROYED, "");
    var legal = 0;
    var refused = 0;
    for (var state : table.keySet()) {
      for (var operation : VersionOperation.values()) {
        var version = versionIn(state);
        var before = stored();
        if (List.of(table.get(state).split(" ")).contains(operation.name())) {
          var outcome = await(apply(operation, version));
          var after = outcome.stored().key().version(version.version()).orElseThrow();
          assertEquals(operation.to(), after.state(), operation + " of " + state);
          assertEquals(after.state() == VersionState.DESTROYED, after.material().isEmpty());
          legal++;
        } else if (operation == VersionOperation.DESTROY) {
          assertEquals(OptionalLong.empty(), await(apply(operation, version)).revision());
          assertEquals(before, stored());
          refused++;
        } else {
          var failure =
              assertThrows(
                  Failure.FailedPrecondition.class,
                  () -> await(apply(operation, version)),
                  operation + " of " + state);
          assertEquals(Reason.STATE_NOT_ALLOWED, failure.reason());
          assertEquals(version.resource(), failure.metadata().get("resource"));
          assertEquals(before, stored());
          refused++;
        }
      }
    }
    System.out.printf(
        "proof: transition table: %d states x %d operations: %d legal, %d refused%n",
        table.size(), VersionOperation.values().length, legal, refused);
  }

  @Test
  void givesFiftyRacingTransitionsOneWinner() {
    var _ = await(lifecycle.disable(NAME.version(1), TERMS));

    var outcomes =
        race(
            IntStream.range(0, 50)
                .mapToObj(_ -> lifecycle.enable(NAME.version(1), TERMS))
                .toList());

    assertEquals(1, outcomes.stream().filter(ChangeOutcome.class::isInstance).count());
    assertEquals(
        49, outcomes.stream().filter(Failure.FailedPrecondition.class::isInstance).count());
  }

  @Test
  void givesRacingRotationsOnePrimaryAndVersionsWithoutGaps() {
    var count = 500;
    var sealed = new ArrayList<Map.Entry<CryptoKeyVersionName, byte[]>>();
    var rotations =
        IntStream.range(0, count)
            .mapToObj(_ -> lifecycle.rotate(NAME, TERMS).subscribeAsCompletionStage())
            .toList();
    while (!CompletableFuture.allOf(rotations.toArray(CompletableFuture[]::new)).isDone()) {
      var version = await(store.keyring().primary(NAME));
      sealed.add(Map.entry(version.name(), await(version.seal(new byte[] {7}, NO_AAD))));
    }
    rotations.forEach(CompletableFuture::join);

    var key = stored().key();
    assertEquals(count + 1, key.versions().size());
    assertEquals(OptionalInt.of(count + 1), key.primary());
    assertEquals(
        IntStream.rangeClosed(1, count + 1).boxed().toList(),
        key.versions().stream().map(CryptoKeyVersion::number).toList());
    for (var made : sealed) {
      var version = await(store.keyring().version(made.getKey()));
      assertEquals(1, version.open(made.getValue(), NO_AAD).length);
    }
    System.out.printf(
        "proof: %d racing rotations: 1 primary, versions 1 to %d without gaps, %d ciphertexts made"
            + " meanwhile open%n",
        count, count + 1, sealed.size());
  }

  private static List<Object> race(List<Uni<ChangeOutcome>> changes) {
    var outcomes =
        changes.stream()
            .map(change ->
                change
                    .<Object>map(outcome -> outcome)
                    .onFailure()
                    .recoverWithItem(e -> e)
                    .subscribeAsCompletionStage())
            .toList();
    return outcomes.stream().map(CompletableFuture::join).toList();
  }
}
