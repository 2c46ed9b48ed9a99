package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.crypto.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an earlier version stored, this one opens.
class KeptStoreTest {
  @TempDir Path directory;

  @Test
  void opensAStoreOfFormat1AndWhatItsKeysEncrypted() throws IOException {
    copy("keyservice.db", directory);
    copy("main.key", directory.resolve("root-keys"));
    var vectors = Vectors.readResource("/stores/format-1/ciphertexts.txt");

    try (var store = TestStore.in(directory)) {
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

  private static byte[] open(TestStore store, Vectors vector) {
    var parsed = CiphertextFormat.parse(vector.hex("ciphertext"));
    var name = TestStore.name(vector.string("key")).version(parsed.keyVersion());
    var version = store.keyring().version(name).await().indefinitely();
    var bound =
        CiphertextFormat.associatedData(
            version.keyUid(), parsed.keyVersion(), version.algorithm(), vector.hex("aad"));
    return version.open(parsed.sealed(), bound);
  }

  /// Not opened in place: opening changes the file, and Git keeps neither empty files nor modes.
  private void copy(String name, Path into) throws IOException {
    var target = Files.createDirectories(into).resolve(name);
    try (var in = getClass().getResourceAsStream("/stores/format-1/" + name)) {
      Files.write(target, Objects.requireNonNull(in, name).readAllBytes());
    }
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
  }
}
