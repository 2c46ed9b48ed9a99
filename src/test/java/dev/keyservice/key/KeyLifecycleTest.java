package dev.keyservice.key;

import static dev.keyservice.crypto.Algorithm.HMAC_SHA256;
import static dev.keyservice.crypto.Algorithm.HMAC_SHA384;
import static dev.keyservice.crypto.Algorithm.HMAC_SHA512;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.store.TestStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyLifecycleTest {
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

  private StoredKey create(String key) {
    return store
        .lifecycle()
        .create(
            new KeyLifecycle.NewKey(
                new CryptoKeyName("ring", key),
                Purpose.ENCRYPT_DECRYPT,
                KeySettings.of(Algorithm.XAES_256_GCM)
                    .withLabels(new TreeMap<>(Map.of("team", "payments"))),
                true),
            ChangeTerms.of("cn:tester"))
        .await()
        .indefinitely()
        .stored();
  }

  @Test
  void createsAKeyWithAnEnabledPrimaryVersion() {
    var key = create("key").key();

    assertEquals(OptionalInt.of(1), key.primary());
    assertEquals(1, key.versions().size());
    assertEquals(VersionState.ENABLED, key.primaryVersion().orElseThrow().state());
    assertEquals(Map.of("team", "payments"), key.labels());
    assertEquals(TestStore.NOW, key.createTime());
    assertEquals(4, key.uid().version());
  }

  @Test
  void makesEveryKeyAnew() {
    var one = create("one").key();
    var other = create("other").key();

    assertNotEquals(one.uid(), other.uid());
    assertNotEquals(one.versions().getFirst().material(), other.versions().getFirst().material());
  }

  @Test
  void makesKeysForMacsWithoutAPrimaryVersion() {
    for (var algorithm : List.of(HMAC_SHA256, HMAC_SHA384, HMAC_SHA512)) {
      var name = new CryptoKeyName("ring", algorithm.name());
      var created =
          store
              .lifecycle()
              .create(
                  new KeyLifecycle.NewKey(name, Purpose.MAC, KeySettings.of(algorithm), true),
                  ChangeTerms.of("cn:tester"))
              .await()
              .indefinitely()
              .stored();
      var read = store.keys().get(name).await().indefinitely();

      assertEquals(Optional.of(created), read);
      assertEquals(OptionalInt.empty(), created.key().primary());
      assertEquals(algorithm, created.key().versions().getFirst().algorithm());
    }
  }

  @Test
  void takesANameOnlyOnce() {
    var _ = create("key");

    assertThrows(Failure.AlreadyExists.class, () -> create("key"));
  }
}
