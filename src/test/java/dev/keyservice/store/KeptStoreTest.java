package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.crypto.Vectors;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.ChangeEntry;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.RequestOnce;
import dev.keyservice.key.RotationSchedule;
import dev.keyservice.key.Usage;
import dev.keyservice.key.VersionState;
import dev.keyservice.testing.KeptFile;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an earlier version stored, this one opens.
class KeptStoreTest {
  private static final ChangeTerms TERMS = ChangeTerms.of("cn:tester");

  /// When format 2 was kept, as its clock said.
  private static final Instant MADE = Instant.parse("2026-03-01T12:00:00.123456Z");

  @TempDir Path directory;

  private static <T> T await(Uni<T> uni) {
    return uni.await().indefinitely();
  }

  @Test
  void opensAStoreOfFormat1AndWhatItsKeysEncrypted() throws IOException {
    var vectors = Vectors.readResource("/stores/format-1/ciphertexts.txt");

    try (var store = kept("format-1")) {
      for (var vector : vectors) {
        assertArrayEquals(vector.hex("plaintext"), open(store, vector));
      }
      assertEquals(
          Map.of("env", "prod", "owner", "zoë"),
          store.get("payments/cards").orElseThrow().key().labels());
      assertEquals(4, store.create("payments/new").revision());
    }
    System.out.printf("proof: %d ciphertexts of a kept store of format 1 opened%n", vectors.size());
  }

  @Test
  void opensAStoreOfFormat2AndWhatItsKeysEncryptedAndTagged() throws IOException {
    var ciphertexts = Vectors.readResource("/stores/format-2/ciphertexts.txt");
    var tags = Vectors.readResource("/stores/format-2/tags.txt");

    try (var store = kept("format-2")) {
      for (var vector : ciphertexts) {
        switch (VersionState.valueOf(vector.string("state"))) {
          case ENABLED -> assertArrayEquals(vector.hex("plaintext"), open(store, vector));
          default -> assertNotEnabled(store, vector);
        }
      }
      for (var vector : tags) {
        var data = vector.hex("data");
        var version = await(store.keyring().version(tagging(vector)));
        assertArrayEquals(vector.hex("tag"), version.tag(data));
        assertTrue(version.verify(data, vector.hex("tag")));
        assertFalse(version.verify(new byte[] {1}, vector.hex("tag")));
      }
    }
    System.out.printf(
        "proof: %d ciphertexts and %d tags of a kept store of format 2, by %d algorithms, opened"
            + " and verified%n",
        ciphertexts.size(),
        tags.size(),
        keys(ciphertexts, "encrypts/").size() + keys(tags, "tags/").size());
  }

  private static Set<String> keys(List<Vectors> vectors, String ring) {
    return vectors.stream()
        .map(vector -> vector.string("key"))
        .filter(key -> key.startsWith(ring))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void assertNotEnabled(TestStore store, Vectors vector) {
    var refused = assertThrows(Failure.FailedPrecondition.class, () -> open(store, vector));
    assertEquals(Reason.VERSION_NOT_ENABLED, refused.reason());
  }

  @Test
  void readsTheStatesAndSettingsOfFormat2() throws IOException {
    try (var store = kept("format-2")) {
      var settings = store.get("life/settings").orElseThrow().key();
      assertEquals(
          new KeySettings(
              Algorithm.AES_256_GCM,
              new TreeMap<>(Map.of("env", "prod", "owner", "zoë", "empty", "")),
              new RotationSchedule(
                  Optional.of(Duration.ofDays(90)), Optional.of(MADE.plus(90, ChronoUnit.DAYS))),
              Duration.ofDays(7),
              true),
          settings.settings());
      assertEquals(
          List.of(Algorithm.XAES_256_GCM, Algorithm.AES_256_GCM),
          settings.versions().stream().map(CryptoKeyVersion::algorithm).toList());

      var states = store.get("life/states").orElseThrow().key();
      assertEquals(
          List.of(
              VersionState.DESTROYED,
              VersionState.DESTROY_SCHEDULED,
              VersionState.DISABLED,
              VersionState.DISABLED,
              VersionState.ENABLED,
              VersionState.ENABLED),
          states.versions().stream().map(CryptoKeyVersion::state).toList());
      assertEquals(OptionalInt.of(6), states.primary());
      assertEquals(KeySettings.of(Algorithm.XAES_256_GCM), states.settings());
      var destroyed = states.versions().getFirst();
      assertTrue(destroyed.material().isEmpty());
      assertEquals(Optional.of(MADE.plus(1, ChronoUnit.DAYS)), destroyed.destroyEventTime());
      assertEquals(
          Optional.of(MADE.plus(30, ChronoUnit.DAYS)), states.versions().get(1).destroyTime());

      assertEquals(List.of(), store.get("life/empty").orElseThrow().key().versions());
      assertEquals(MADE, settings.createTime());
      assertEquals(
          Map.of(
              1, new Usage(2, Optional.of(MADE), true), 2, new Usage(2, Optional.of(MADE), true)),
          await(store.usages().of(settings.uid())));
    }
  }

  @Test
  void goesOnWithAStoreOfFormat2() throws IOException {
    var ciphertexts = Vectors.readResource("/stores/format-2/ciphertexts.txt");
    try (var store = kept("format-2")) {
      var lifecycle = store.lifecycle();
      var key = TestStore.name("life/states");

      assertThrows(
          Failure.FailedPrecondition.class, () -> await(lifecycle.restore(key.version(1), TERMS)));
      var _ = await(lifecycle.restore(key.version(2), TERMS));
      for (var number : List.of(2, 3, 4)) {
        var _ = await(lifecycle.enable(key.version(number), TERMS));
      }
      var opened = 0;
      for (var vector : ciphertexts) {
        if (!vector.string("state").equals("DESTROYED")) {
          assertArrayEquals(vector.hex("plaintext"), open(store, vector));
          opened++;
        }
      }
      assertEquals(ciphertexts.size() - 2, opened);

      for (var each : keys(ciphertexts, "encrypts/")) {
        var name = TestStore.name(each);
        var primary = await(store.keyring().primary(name));
        assertEquals(2, primary.name().version());
        var _ = await(primary.seal(new byte[1], new byte[0]));
        assertEquals(OptionalInt.of(3), await(lifecycle.rotate(name, TERMS)).version());
      }
      var requested = TestStore.name("life/requested");
      var again = await(lifecycle.rotate(requested, asRequestedBefore()));
      assertEquals(OptionalInt.of(2), again.version());
      assertEquals(OptionalLong.empty(), again.revision(), "it was carried out back then");
    }
  }

  /// The request that the store remembers, for 24 hours by the clock of before.
  private static ChangeTerms asRequestedBefore() {
    var id = UUID.fromString("3f1c8a52-7d0e-4b6a-9c11-5e2d7f90ab34");
    var request = new RequestOnce("rotate", id, "this body".getBytes(StandardCharsets.US_ASCII));
    return new ChangeTerms("cn:operator", Optional.empty(), false, Optional.of(request));
  }

  @Test
  void readsEveryEntryOfTheChangeLogOfFormat2() throws IOException {
    try (var store = kept("format-2")) {
      var changes = store.changes();

      assertEquals(
          "CREATE_KEY CREATE_VERSION DESTROY_VERSION DISABLE_VERSION ENABLE_VERSION RESTORE_VERSION"
              + " ROTATE_KEY SCHEDULE_DESTRUCTION SET_PRIMARY UPDATE_KEY",
          changes.stream()
              .map(ChangeEntry::action)
              .distinct()
              .sorted()
              .collect(Collectors.joining(" ")));
      var next = await(store.lifecycle().rotate(TestStore.name("life/requested"), TERMS));
      assertEquals(OptionalLong.of(changes.size() + 1L), next.revision());
    }
  }

  private static CryptoKeyVersionName tagging(Vectors vector) {
    return TestStore.name(vector.string("key")).version(vector.number("version"));
  }

  private static byte[] open(TestStore store, Vectors vector) {
    var parsed = CiphertextFormat.parse(vector.hex("ciphertext"));
    var name = TestStore.name(vector.string("key")).version(parsed.keyVersion());
    var version = await(store.keyring().version(name));
    var bound =
        CiphertextFormat.associatedData(
            version.keyUid(), parsed.keyVersion(), version.algorithm(), vector.hex("aad"));
    return version.open(parsed.sealed(), bound);
  }

  private TestStore kept(String format) throws IOException {
    KeptFile.copy(format, "keyservice.db", directory);
    KeptFile.copy(format, "main.key", directory.resolve("root-keys"));
    return TestStore.in(directory);
  }
}
