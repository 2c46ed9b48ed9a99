package dev.keyservice.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.access.Permission;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.root.FileRootKeys;
import dev.keyservice.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitTest {
  private static final CryptoKeyName KEY = new CryptoKeyName("any", "key");

  @TempDir Path directory;

  private Path keys;
  private Path policy;

  @BeforeEach
  void choosePlaces() {
    keys = directory.resolve("deep/keys");
    policy = directory.resolve("other/policy.yaml");
  }

  @Test
  void makesARootKeyThatTheServiceLoads() {
    var made = Init.make(keys, "root-1", policy, "cn:ann");

    assertEquals(keys.resolve("root-1.key"), made.rootKey());
    try (var loaded = FileRootKeys.load(keys, "root-1")) {
      assertEquals("root-1", loaded.activeId());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cn:ann", "cn:Ann \"the\" \\ admin: #1", "spiffe://prod.example/ns/a"})
  void makesAPolicyThatLetsTheAdminManageAndNotUse(String admin) {
    var made = Init.make(keys, "root-1", policy, admin);

    var loaded = AccessPolicyFile.load(made.policy());
    assertTrue(loaded.allows(Callers.of(admin), Permission.KEYS_CREATE, KEY));
    assertTrue(loaded.allows(Callers.of(admin), Permission.KEYS_VIEW, KEY));
    assertFalse(loaded.allows(Callers.of(admin), Permission.CRYPTO_ENCRYPT, KEY));
    assertFalse(loaded.allows(Callers.of(admin), Permission.CRYPTO_DECRYPT, KEY));
    assertFalse(loaded.allows(Callers.of("cn:bob"), Permission.KEYS_VIEW, KEY));
    for (var permission : Permission.values()) {
      assertFalse(
          loaded.allowsSomewhere(Callers.of("insecure:local"), permission), permission.name());
    }
  }

  @Test
  void makesNoAdminOfWhoeverIsOnThisMachine() {
    var refused =
        assertThrows(
            SettingRefused.class, () -> Init.make(keys, "root-1", policy, "insecure:local"));

    assertEquals("--admin", refused.setting());
    assertFalse(Files.exists(policy));
  }

  @Test
  void keepsWhatItMakesFromEveryoneElse() throws IOException {
    var made = Init.make(keys, "root-1", policy, "cn:ann");

    assertEquals("rwx------", mode(keys));
    assertEquals("rw-------", mode(made.rootKey()));
    assertEquals("rw-------", mode(made.policy()));
  }

  @Test
  void keepsAPolicyThatIsThere() throws IOException {
    Files.createDirectories(policy.getParent());
    Files.writeString(policy, "mine");

    assertRefuses("KEYSERVICE_POLICY_FILE", "cn:ann");

    assertEquals("mine", Files.readString(policy));
    assertFalse(Files.exists(keys));
  }

  @Test
  void keepsARootKeyThatIsThere() throws IOException {
    Files.createDirectories(keys);
    Files.writeString(keys.resolve("root-1.key"), "mine");

    assertRefuses("KEYSERVICE_ROOT_KEYS_DIR", "cn:ann");

    assertEquals("mine", Files.readString(keys.resolve("root-1.key")));
    assertFalse(Files.exists(policy));
  }

  @Test
  void takesThePolicyBackWhenTheRootKeyCannotBeMade() throws IOException {
    Files.createDirectories(keys.getParent());
    Files.writeString(keys, "a file in the place of the directory");

    assertThrows(SettingRefused.class, () -> Init.make(keys, "root-1", policy, "cn:ann"));

    assertFalse(Files.exists(policy));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ann", "cn:", "CN:ann", "spiffe://prod.example", "cn:a\nb", "https://a/b"})
  void refusesAnAdminThatNoPolicyCouldMatch(String admin) {
    assertRefuses("--admin", admin);

    assertFalse(Files.exists(keys));
    assertFalse(Files.exists(policy));
  }

  private void assertRefuses(String setting, String admin) {
    var refused =
        assertThrows(SettingRefused.class, () -> Init.make(keys, "root-1", policy, admin));
    assertEquals(setting, refused.setting());
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
