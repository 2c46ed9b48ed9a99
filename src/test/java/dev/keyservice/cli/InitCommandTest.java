package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitCommandTest {
  @TempDir Path directory;

  @Test
  void saysWhatItMadeAndWhatToSet() {
    var keys = directory.resolve("keys");
    var policy = directory.resolve("policy.yaml");

    var result =
        new CommandRun()
            .run(
                "init",
                "--admin",
                "cn:ann",
                "--root-keys-dir",
                keys + "",
                "--policy-file",
                policy + "");

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(Files.exists(keys.resolve("root-1.key")));
    assertTrue(Files.exists(policy));
    assertTrue(
        result
            .out()
            .endsWith(
                """
                Start the service with:
                  KEYSERVICE_ROOT_KEYS_DIR=%s
                  KEYSERVICE_ROOT_KEYS_ACTIVE=root-1
                  KEYSERVICE_POLICY_FILE=%s
                """
                    .formatted(keys, policy)),
        result.out());
  }

  @Test
  void readsItsPlacesFromTheSettings() {
    var result =
        new CommandRun()
            .variable("KEYSERVICE_ROOT_KEYS_DIR", directory.resolve("keys").toString())
            .variable("KEYSERVICE_ROOT_KEYS_ACTIVE", "2026")
            .property("keyservice.policy-file", directory.resolve("policy").toString())
            .run("init", "--admin", "cn:ann");

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(Files.exists(directory.resolve("keys/2026.key")));
    assertTrue(Files.exists(directory.resolve("policy")));
  }

  @Test
  void overwritesNothing() {
    var args =
        new String[] {
          "init",
          "--admin",
          "cn:ann",
          "--root-keys-dir",
          directory.resolve("keys") + "",
          "--policy-file",
          directory.resolve("policy") + ""
        };
    var _ = new CommandRun().run(args);

    var result = new CommandRun().run(args);

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: KEYSERVICE_ROOT_KEYS_DIR: "
            + directory.resolve("keys/root-1.key")
            + " is there already and stays as it is\n",
        result.err());
  }
}
