package dev.keyservice.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.access.Permission;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.root.FileRootKeys;
import dev.keyservice.testing.Callers;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterialLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevEnvironmentTest {
  private static final CryptoKeyName KEY = new CryptoKeyName("any", "key");

  private Path directory;

  @BeforeEach
  void chooseDirectory(@TempDir Path parent) {
    directory = parent.resolve(".dev");
  }

  @Test
  void makesFilesThatServerAndClientLoad() {
    var made = DevEnvironment.prepare(directory);

    var loader = new TlsMaterialLoader(Clock.systemUTC());
    var server =
        loader.load(TlsFiles.ofServer(made.ca(), made.serverCertificate(), made.serverKey()));
    var client =
        loader.load(TlsFiles.ofClient(made.ca(), made.clientCertificate(), made.clientKey()));
    var nobody =
        loader.load(TlsFiles.ofClient(made.ca(), made.nobodyCertificate(), made.nobodyKey()));
    assertTrue(server.identity().isPresent());
    assertTrue(client.identity().isPresent());
    assertTrue(nobody.identity().isPresent());
    try (var keys = FileRootKeys.load(made.rootKeys(), made.rootKeyId())) {
      assertEquals("root-1", keys.activeId());
    }
  }

  @Test
  void letsTheDevelopmentClientAndWhoeverIsHereWithoutTlsDoEverythingAndNobodyNothing() {
    var policy = AccessPolicyFile.load(DevEnvironment.prepare(directory).policy());

    for (var permission : Permission.values()) {
      assertTrue(policy.allows(Callers.of("cn:dev-client"), permission, KEY), permission.name());
      assertTrue(policy.allows(Callers.of("insecure:local"), permission, KEY), permission.name());
      assertFalse(policy.allows(Callers.of("cn:nobody"), permission, KEY), permission.name());
    }
  }

  @Test
  void keepsItFromEveryoneElse() throws IOException {
    var made = DevEnvironment.prepare(directory);

    assertEquals("rwx------", mode(directory));
    for (var secret : new Path[] {made.serverKey(), made.clientKey(), made.nobodyKey()}) {
      assertEquals("rw-------", mode(secret));
    }
  }

  @Test
  void leavesEverythingAsItIsTheSecondTime() throws IOException {
    var _ = DevEnvironment.prepare(directory);
    var before = contents();

    var _ = DevEnvironment.prepare(directory);

    assertEquals(before, contents());
  }

  @Test
  void renewsOnlyCertificatesWhenTheyRunOut() throws IOException {
    var made = DevEnvironment.prepare(directory);
    var before = contents();
    var later = Clock.offset(Clock.systemUTC(), Duration.ofDays(84));

    var _ = DevEnvironment.prepare(directory, later);

    var after = contents();
    assertNotEquals(before.get(made.ca()), after.get(made.ca()));
    assertNotEquals(before.get(made.serverCertificate()), after.get(made.serverCertificate()));
    assertNotEquals(before.get(made.clientKey()), after.get(made.clientKey()));
    assertEquals(before.get(made.policy()), after.get(made.policy()));
    var root = made.rootKeys().resolve("root-1.key");
    assertEquals(before.get(root), after.get(root));
  }

  @Test
  void keepsAPolicyThatTheDeveloperChanged() throws IOException {
    var made = DevEnvironment.prepare(directory);
    Files.writeString(made.policy(), "mine");

    var _ = DevEnvironment.prepare(directory);

    assertEquals("mine", Files.readString(made.policy()));
  }

  @Test
  void recoversFromARenewalThatWasCutOff(@TempDir Path other) throws IOException {
    var made = DevEnvironment.prepare(directory);
    var newer = DevEnvironment.prepare(other);
    Files.copy(
        newer.serverCertificate(),
        made.serverCertificate(),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);

    var _ = DevEnvironment.prepare(directory);

    var loader = new TlsMaterialLoader(Clock.systemUTC());
    assertTrue(
        loader
            .load(TlsFiles.ofServer(made.ca(), made.serverCertificate(), made.serverKey()))
            .identity()
            .isPresent());
  }

  private Map<Path, String> contents() throws IOException {
    var contents = new HashMap<Path, String>();
    try (var files = Files.walk(directory)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file, java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
