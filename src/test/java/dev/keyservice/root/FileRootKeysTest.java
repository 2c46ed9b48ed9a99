package dev.keyservice.root;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileRootKeysTest extends RootKeyProviderContract {
  private static final String DIR = "KEYSERVICE_ROOT_KEYS_DIR";
  private static final String ACTIVE = "KEYSERVICE_ROOT_KEYS_ACTIVE";
  private static final byte[] NONE = {};

  @TempDir Path temporary;

  @Override
  RootKeyProvider withActive(String id) {
    var directory = temporary.resolve("contract");
    if (!Files.exists(directory)) {
      FileRootKeys.create(directory, "one");
      FileRootKeys.create(directory, "two");
    }
    return FileRootKeys.load(directory, id);
  }

  @Test
  void createsAKeyThatNobodyElseCanReadAndThatLoads() throws IOException {
    var directory = temporary.resolve("new/root-keys");

    FileRootKeys.create(directory, "main");

    assertEquals("rwx------", mode(directory));
    assertEquals("rw-------", mode(directory.resolve("main.key")));
    assertEquals(32, Files.size(directory.resolve("main.key")));
    assertEquals("main", FileRootKeys.load(directory, "main").activeId());
  }

  @Test
  void createsADifferentKeyEachTime() throws IOException {
    FileRootKeys.create(temporary, "one");
    FileRootKeys.create(temporary, "two");

    assertTrue(Files.mismatch(temporary.resolve("one.key"), temporary.resolve("two.key")) >= 0);
  }

  @Test
  void neverOverwritesAKey() throws IOException {
    FileRootKeys.create(temporary, "main");
    var before = Files.readAllBytes(temporary.resolve("main.key"));

    assertRefused(DIR, "main.key exists already", () -> FileRootKeys.create(temporary, "main"));

    assertArrayEquals(before, Files.readAllBytes(temporary.resolve("main.key")));
  }

  @Test
  void neverWritesThroughALinkThatLeadsNowhere() throws IOException {
    Files.createSymbolicLink(temporary.resolve("main.key"), temporary.resolve("elsewhere"));

    assertRefused(DIR, "exists already", () -> FileRootKeys.create(temporary, "main"));

    assertFalse(Files.exists(temporary.resolve("elsewhere")));
  }

  @Test
  void saysWhatItCannotWriteTo() throws IOException {
    var file = Files.createFile(temporary.resolve("file"));

    assertRefused(DIR, "file", () -> FileRootKeys.create(file, "main"));
    assertRefused(DIR, "cannot be written", () -> FileRootKeys.create(file.resolve("in"), "main"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../main", "a/b", "a.b", "a b", "ä", "main\n"})
  void refusesAnIdThatIsNone(String id) {
    FileRootKeys.create(temporary, "main");

    assertRefused(ACTIVE, "1 to 63", () -> FileRootKeys.create(temporary, id));
    assertRefused(ACTIVE, "1 to 63", () -> FileRootKeys.load(temporary, id));
  }

  @Test
  void takesIdsOfUpTo63Characters() {
    FileRootKeys.create(temporary, "a".repeat(63));

    assertEquals("a".repeat(63), FileRootKeys.load(temporary, "a".repeat(63)).activeId());
    assertRefused(ACTIVE, "1 to 63", () -> FileRootKeys.create(temporary, "a".repeat(64)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"r--------", "rw-------", "r--r-----", "rw-r-----", "rwx------"})
  void acceptsAFileThatGivesNothingAway(String mode) throws IOException {
    FileRootKeys.create(temporary, "main");
    setMode("main.key", mode);

    assertEquals("main", FileRootKeys.load(temporary, "main").activeId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rw-rw----", "rw--w----", "rw----r--", "rw-----w-", "rw------x", "rw-r--r--"})
  void refusesAFileThatOthersCanReadOrItsGroupCanWrite(String mode) throws IOException {
    FileRootKeys.create(temporary, "main");
    setMode("main.key", mode);

    assertRefused(
        DIR,
        "run chmod 600 " + temporary.resolve("main.key"),
        () -> FileRootKeys.load(temporary, "main"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 33, 64, 65_536})
  void refusesAFileOfAnotherLength(int length) throws IOException {
    write("main.key", length);

    assertRefused(DIR, "exactly 32 raw bytes", () -> FileRootKeys.load(temporary, "main"));
  }

  @Test
  void checksTheKeysThatAreNotActiveToo() throws IOException {
    FileRootKeys.create(temporary, "main");
    write("old.key", 31);

    assertRefused(DIR, "old.key must hold", () -> FileRootKeys.load(temporary, "main"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"not an id.key", "a.b.key"})
  void refusesAKeyFileWithoutAnId(String name) throws IOException {
    FileRootKeys.create(temporary, "main");
    write(name, 32);

    assertRefused(DIR, name, () -> FileRootKeys.load(temporary, "main"));
  }

  @Test
  void refusesADirectoryAndABrokenLinkNamedLikeAKey() throws IOException {
    FileRootKeys.create(temporary, "main");
    Files.createDirectory(temporary.resolve("old.key"));
    assertRefused(DIR, "old.key is not a file", () -> FileRootKeys.load(temporary, "main"));
    Files.delete(temporary.resolve("old.key"));

    Files.createSymbolicLink(temporary.resolve("old.key"), temporary.resolve("nowhere"));

    assertRefused(DIR, "old.key is not a file", () -> FileRootKeys.load(temporary, "main"));
  }

  @Test
  void passesOverHiddenEntriesAndOtherNames() throws IOException {
    FileRootKeys.create(temporary, "main");
    write(".hidden.key", 5);
    write(".key", 5);
    write("README", 5);
    write("main.key.bak", 5);
    Files.createDirectory(temporary.resolve("..data"));

    assertEquals("main", FileRootKeys.load(temporary, "main").activeId());
  }

  @Test
  void loadsTheLayoutOfAKubernetesSecret() throws IOException {
    var data = Files.createDirectory(temporary.resolve("..2025_06_01_10_00_00.123"));
    for (var id : new String[] {"old", "main"}) {
      FileRootKeys.create(data, id);
      Files.setPosixFilePermissions(
          data.resolve(id + ".key"), PosixFilePermissions.fromString("r--r-----"));
      Files.createSymbolicLink(
          temporary.resolve(id + ".key"), Path.of("..data").resolve(id + ".key"));
    }
    Files.createSymbolicLink(temporary.resolve("..data"), data.getFileName());
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));

    var root = FileRootKeys.load(temporary, "main");

    var secret = SecretBytes.random(32);
    var wrappedByOld = FileRootKeys.load(temporary, "old").wrap(secret, NONE);
    assertEquals(secret, root.unwrap("main", root.wrap(secret, NONE), NONE));
    assertEquals(secret, root.unwrap("old", wrappedByOld, NONE));
  }

  @Test
  void judgesTheFileBehindALinkAndNotTheLink() throws IOException {
    FileRootKeys.create(temporary.resolve("elsewhere"), "main");
    var file = temporary.resolve("elsewhere/main.key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.createSymbolicLink(temporary.resolve("main.key"), file);

    assertRefused(DIR, "chmod 600", () -> FileRootKeys.load(temporary, "main"));
  }

  @Test
  void saysThatTheActiveKeyIsMissing() {
    FileRootKeys.create(temporary, "old");

    assertRefused(ACTIVE, "no main.key in", () -> FileRootKeys.load(temporary, "main"));
  }

  @Test
  void saysThatTheDirectoryIsEmptyOrNone() throws IOException {
    assertRefused(DIR, "keyservice init", () -> FileRootKeys.load(temporary, "main"));
    assertRefused(
        DIR, "keyservice init", () -> FileRootKeys.load(temporary.resolve("none"), "main"));
    var file = Files.createFile(temporary.resolve("file"));
    assertRefused(DIR, "not a directory", () -> FileRootKeys.load(file, "main"));
  }

  @Test
  void refusesAFileSystemWithoutPermissions() throws IOException {
    var archive = temporary.resolve("keys.zip");
    try (var zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
      var directory = zip.getPath("/keys");
      assertRefused(DIR, "without POSIX permissions", () -> FileRootKeys.create(directory, "main"));
      Files.createDirectories(directory);
      Files.write(directory.resolve("main.key"), new byte[32]);

      assertRefused(DIR, "without POSIX permissions", () -> FileRootKeys.load(directory, "main"));
    }
  }

  @Test
  void wrapsNothingOnceClosed() {
    FileRootKeys.create(temporary, "main");
    var root = FileRootKeys.load(temporary, "main");
    var secret = SecretBytes.random(32);
    var wrapped = root.wrap(secret, NONE);

    root.close();

    assertThrows(IllegalStateException.class, () -> root.wrap(secret, NONE));
    assertThrows(IllegalStateException.class, () -> root.unwrap("main", wrapped, NONE));
  }

  private static void assertRefused(String setting, String message, Executable call) {
    var refused = assertThrows(SettingRefused.class, call);
    assertEquals(setting, refused.setting(), refused.getMessage());
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
  }

  private void write(String name, int length) throws IOException {
    Files.write(temporary.resolve(name), new byte[length]);
    setMode(name, "rw-------");
  }

  private void setMode(String name, String mode) throws IOException {
    Files.setPosixFilePermissions(temporary.resolve(name), PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
