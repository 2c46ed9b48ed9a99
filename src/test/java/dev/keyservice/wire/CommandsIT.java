package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.Program.Ended;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged program as a command, against the packaged service.
class CommandsIT {
  private static Installation installation;
  private static ServiceProcess service;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
  }

  @AfterAll
  static void stop() {
    service.close();
    installation.close();
  }

  private static Ended run(String caller, byte[] input, String... arguments)
      throws IOException, InterruptedException {
    return Program.run(installation.caller(caller, service.port()), input, arguments);
  }

  private static Ended runPackaged(byte[] input, String... arguments)
      throws IOException, InterruptedException {
    return Program.runPackaged(installation.caller("all", service.port()), input, arguments);
  }

  @Test
  void aFileGoesThroughEncryptAndDecryptUnchanged() throws Exception {
    var bytes = new byte[65_536];
    new Random(1).nextBytes(bytes);

    var created = runPackaged(new byte[0], "key", "create", "files/letters", "-o", "json");
    var encrypted = runPackaged(bytes, "encrypt", "files/letters");
    var decrypted = runPackaged(encrypted.out(), "decrypt", "files/letters");

    assertEquals(0, created.exitCode(), created.error());
    assertTrue(created.text().contains("keyRings/files/cryptoKeys/letters"), created.text());
    assertEquals(0, encrypted.exitCode(), encrypted.error());
    assertEquals(0, decrypted.exitCode(), decrypted.error());
    assertArrayEquals(bytes, decrypted.out());
  }

  @Test
  void aFileThatIsTooLargeIsNotSent() throws Exception {
    var result = run("all", new byte[65_537], "encrypt", "files/letters");

    assertEquals(2, result.exitCode());
    assertTrue(
        result.error().contains("65,536") || result.error().contains("64 KiB"), result.error());
  }

  @Test
  void aKeyGoesThroughItsLifeByCommands() throws Exception {
    var _ = ok("key", "create", "life/key", "--no-version");
    var _ = ok("key", "create-version", "life/key");
    var _ = ok("key", "set-primary", "life/key/1");
    var rotated = ok("key", "rotate", "life/key", "-o", "json");
    assertTrue(rotated.contains("keyRings/life/cryptoKeys/key/cryptoKeyVersions/2"), rotated);
    var updated =
        ok(
            "key",
            "update",
            "life/key",
            "--label",
            "env=prod",
            "--rotation-period",
            "90d",
            "--destroy-window",
            "48h",
            "--no-deletion-protection");
    assertTrue(updated.contains("env=prod"), updated);
    assertTrue(ok("key", "disable", "life/key/1").contains("DISABLED"));
    assertTrue(ok("key", "enable", "life/key/1").contains("ENABLED"));
    assertTrue(ok("key", "destroy", "life/key/1").contains("after 20"));
    assertTrue(ok("key", "restore", "life/key/1").contains("DISABLED"));
    assertTrue(ok("key", "usage", "life/key").contains("life/key/2  ENABLED   0     never"));
    var versions = ok("key", "versions", "life/key", "--filter", "state=DISABLED");
    assertEquals(2, versions.lines().count(), versions);
    assertEquals(2, ok("key", "list", "life", "--filter", "labels.env=prod").lines().count());
    var without = ok("key", "update", "life/key", "--no-labels", "--no-rotation");
    assertTrue(without.contains("never"), without);

    var refused = run("all", new byte[0], "key", "restore", "life/key/2");
    var stale = run("all", new byte[0], "key", "rotate", "life/key", "--etag", "0123");
    var nothing = run("all", new byte[0], "key", "update", "life/key");

    assertEquals(5, refused.exitCode(), refused.error());
    assertTrue(refused.error().contains("STATE_NOT_ALLOWED"), refused.error());
    assertTrue(stale.error().contains("ETAG_MISMATCH"), stale.error());
    assertEquals(2, nothing.exitCode(), nothing.error());
  }

  private static String ok(String... arguments) throws Exception {
    var result = run("all", new byte[0], arguments);
    assertEquals(0, result.exitCode(), result.error());
    return result.text();
  }

  @Test
  void saysWhoOneIs() throws Exception {
    var result = run("app", new byte[0], "whoami", "-o", "json");

    assertEquals(0, result.exitCode(), result.error());
    assertTrue(result.text().contains("\"cn:app\""), result.text());
  }

  @Test
  void tellsARefusedCallerApartFromOneWhomNobodyTrusts() throws Exception {
    var refused = run("unbound", new byte[0], "key", "rings");
    var untrusted = run("stranger", new byte[0], "key", "rings");

    assertEquals(4, refused.exitCode(), refused.error());
    assertTrue(refused.error().contains("PERMISSION_DENIED"), refused.error());
    assertEquals(3, untrusted.exitCode(), untrusted.error());
    assertTrue(untrusted.error().contains("KEYSERVICE_TLS_CERT_FILE"), untrusted.error());
  }

  @Test
  void saysWhatTheCertificatesOfACallerMeanAndWhetherTheServiceTakesThem() throws Exception {
    var taken = run("app", new byte[0], "tls", "check", "--address");
    var refused = run("stranger", new byte[0], "tls", "check", "--address", "-o", "json");

    assertEquals(0, taken.exitCode(), taken.error());
    assertTrue(taken.text().contains("  identity    cn:app"), taken.text());
    assertTrue(taken.text().contains("  server      CN=keyservice"), taken.text());
    assertTrue(taken.text().contains("  health      SERVING"), taken.text());
    assertEquals(3, refused.exitCode(), refused.error());
    assertTrue(refused.text().contains("\"identity\": \"cn:admin\""), refused.text());
    assertTrue(refused.error().contains("KEYSERVICE_TLS_CERT_FILE"), refused.error());
  }

  @Test
  void saysWhoMayWhatAsTheServiceAndThePolicyFileHaveIt() throws Exception {
    var policy = installation.file("policy.yaml").toString();

    var held = run("app", new byte[0], "access", "test", "crypto.encrypt", "--key", "app/cards");
    var why = run("app", new byte[0], "access", "explain", "crypto.encrypt", "--key", "hr/cards");
    var others = run("app", new byte[0], "access", "explain", "keys.view", "--caller", "cn:all");
    var file =
        run(
            "app",
            new byte[0],
            "policy",
            "check",
            policy,
            "--caller",
            "cn:app",
            "--permission",
            "crypto.encrypt",
            "--key",
            "app/cards");

    assertEquals(0, held.exitCode(), held.error());
    assertTrue(held.text().contains("crypto.encrypt  yes"), held.text());
    assertEquals(4, why.exitCode(), why.error());
    assertTrue(why.text().contains("not on this key"), why.text());
    assertEquals(4, others.exitCode(), others.error());
    assertTrue(others.error().contains("access.explain"), others.error());
    assertEquals(0, file.exitCode(), file.error());
    assertTrue(file.text().contains("granted by the binding 'applications'"), file.text());
  }

  @Test
  void showsItsVersion() throws Exception {
    var result = runPackaged(new byte[0], "--version");

    assertEquals(0, result.exitCode(), result.error());
    assertTrue(result.text().matches("(?s)keyservice \\d+\\.\\d+\\.\\d+.*"), result.text());
  }

  @Test
  void theDemonstrationWorksBesideAServiceAndLeavesNothingBehind() throws Exception {
    try (var _ = atTheDefaultManagementPort();
        var before = Files.list(installation.file("").getParent())) {
      var leftBefore = before.filter(f -> f.getFileName().toString().contains("-demo-")).count();

      var result = runPackaged(new byte[0], "demo");

      assertEquals(0, result.exitCode(), result.text() + result.error());
      assertTrue(result.text().contains("the same 47 bytes"), result.text());
      assertTrue(result.text().contains("PERMISSION_DENIED"), result.text());
      try (var after = Files.list(installation.file("").getParent())) {
        assertEquals(
            leftBefore, after.filter(f -> f.getFileName().toString().contains("-demo-")).count());
      }
    }
  }

  /// Whoever has that port from here on, be it this test.
  private static ServerSocket atTheDefaultManagementPort() throws IOException {
    try {
      return new ServerSocket(9000);
    } catch (BindException e) {
      return new ServerSocket();
    }
  }

  @Test
  void saysWithoutACertificateWhetherTheServiceIsReady() throws Exception {
    var port = "localhost:" + service.managementPort();

    var ready = Program.run(Map.of(), new byte[0], "health", "--management", port);
    var nobody = Program.run(Map.of(), new byte[0], "health", "--management", "localhost:1");
    var another = run("app", new byte[0], "health", "--management", "localhost:" + service.port());

    assertEquals(0, ready.exitCode(), ready.error());
    assertTrue(ready.lines().contains("drain       UP"), ready.text());
    assertEquals(3, nobody.exitCode(), nobody.error());
    assertEquals(3, another.exitCode(), another.error());
  }

  @Test
  void initMakesWhatAServiceStartsWith() throws Exception {
    var result =
        run(
            "app",
            new byte[0],
            "init",
            "--admin",
            "cn:admin",
            "--root-keys-dir",
            installation.file("new-keys").toString(),
            "--policy-file",
            installation.file("new-policy.yaml").toString());

    assertEquals(0, result.exitCode(), result.error());
    try (var another =
        ServiceProcess.start(
            installation,
            Map.of(
                "KEYSERVICE_ROOT_KEYS_DIR", installation.file("new-keys").toString(),
                "KEYSERVICE_POLICY_FILE", installation.file("new-policy.yaml").toString(),
                "KEYSERVICE_STORE_PATH", installation.file("new/keys.db").toString()))) {
      assertTrue(another.port() > 0);
    }
  }

  @Test
  void configCheckSaysWhatAStartWouldSay() throws Exception {
    var settings = new HashMap<>(installation.variables());
    var good = Program.runPackaged(settings, new byte[0], "config", "check");
    settings.put("KEYSERVICE_ROOT_KEYS_ACTIVE", "root-9");
    settings.put("KEYSERVICE_LIMITS_CONNECTIONS", "none");

    var bad = Program.runPackaged(settings, new byte[0], "config", "check");

    assertEquals(0, good.exitCode(), good.said());
    assertEquals(2, bad.exitCode(), bad.said());
    assertTrue(bad.error().contains("keyservice: KEYSERVICE_ROOT_KEYS_ACTIVE"), bad.said());
    assertTrue(bad.error().contains("keyservice: KEYSERVICE_LIMITS_CONNECTIONS"), bad.said());
    // A service that ends its start names the first of them in the same words.
    try (var start = ServiceProcess.launch(installation, settings)) {
      var _ = start.exitCode(60);
      var said = bad.error().lines().filter(line -> start.log().contains(line)).count();
      assertEquals(1, said, () -> bad.said() + start.log());
    }
  }
}
