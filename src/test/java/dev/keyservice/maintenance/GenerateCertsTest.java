package dev.keyservice.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterial;
import dev.keyservice.transport.TlsMaterialLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `deploy/certs/generate-certs.sh` where there is openssl.
class GenerateCertsTest {
  @TempDir Path directory;

  @BeforeAll
  static void needsOpenssl() throws Exception {
    var asked =
        new ProcessBuilder("sh", "-c", "command -v openssl").redirectErrorStream(true).start();
    var _ = asked.getInputStream().readAllBytes();
    assumeTrue(asked.waitFor() == 0, "openssl is not installed");
  }

  @Test
  void makesCertificatesThatServerAndClientsLoad() throws Exception {
    assertEquals(0, generate("alice", "bob"));

    assertTrue(server("server").identity().isPresent());
    assertTrue(client("alice").identity().isPresent());
    assertTrue(client("bob").identity().isPresent());
  }

  @Test
  void makesCertificatesForOnePurposeOnly() throws Exception {
    assertEquals(0, generate());

    assertThrows(SettingRefused.class, () -> server("client"));
    assertThrows(SettingRefused.class, () -> client("server"));
  }

  @Test
  void keepsPrivateKeysFromEveryoneElse() throws Exception {
    assertEquals(0, generate());

    for (var name : List.of("ca", "server", "client")) {
      var mode = Files.getPosixFilePermissions(file(name + "-key"));
      assertEquals("rw-------", PosixFilePermissions.toString(mode));
    }
  }

  @Test
  void overwritesOnlyWhenTold() throws Exception {
    assertEquals(0, generate());
    var before = Files.readString(file("server"));

    assertEquals(1, generate("alice"));
    assertEquals(before, Files.readString(file("server")));
    assertFalse(Files.exists(file("alice")));

    assertEquals(0, generate("--force", "alice"));
    assertFalse(before.equals(Files.readString(file("server"))));
  }

  @Test
  void refusesNamesThatAreNoFileOrAnothersFile() throws Exception {
    for (var name : List.of("../up", "a b", "server", "ca", "bob-key", ".hidden")) {
      assertEquals(1, generate(name), name);
    }
    try (var files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  private int generate(String... args) throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
            "sh", "deploy/certs/generate-certs.sh", "--out", directory.resolve("out").toString());
    builder.command().addAll(List.of(args));
    var process = builder.redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertFalse(said.isBlank());
    return process.waitFor();
  }

  private TlsMaterial server(String name) {
    return load(TlsFiles.ofServer(file("ca"), file(name), file(name + "-key")));
  }

  private TlsMaterial client(String name) {
    return load(TlsFiles.ofClient(file("ca"), file(name), file(name + "-key")));
  }

  private static TlsMaterial load(TlsFiles files) {
    return new TlsMaterialLoader(Clock.systemUTC()).load(files);
  }

  private Path file(String name) {
    return directory.resolve("out").resolve(name + ".pem");
  }
}
