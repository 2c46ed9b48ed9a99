package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @Test
  void listsEveryCommand() {
    var result = new CommandRun().run("--help");

    assertEquals(0, result.exitCode());
    for (var command :
        new String[] {
          "serve",
          "init",
          "key",
          "encrypt",
          "decrypt",
          "reencrypt",
          "batch",
          "datakey",
          "random",
          "mac",
          "whoami",
          "access",
          "health",
          "tls",
          "policy",
          "config",
          "dev-files",
          "demo",
          "bench"
        }) {
      assertTrue(
          result.out().lines().anyMatch(line -> line.startsWith("  " + command + " ")), command);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "init",
        "key",
        "key create",
        "key list",
        "key update",
        "key versions",
        "key usage",
        "key rotate",
        "key create-version",
        "key set-primary",
        "key enable",
        "key disable",
        "key destroy",
        "key restore",
        "key watch",
        "encrypt",
        "reencrypt",
        "batch",
        "batch encrypt",
        "batch decrypt",
        "batch reencrypt",
        "datakey",
        "random",
        "mac",
        "mac sign",
        "mac verify",
        "access",
        "access test",
        "access explain",
        "tls check",
        "policy",
        "policy check",
        "demo",
        "serve"
      })
  void explainsACommandWithoutRunningIt(String command) {
    var result = new CommandRun().run((command + " --help").split(" "));

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(result.out().startsWith("Usage: keyservice " + command), result.out());
  }

  @Test
  void saysWhichVersionItIs() {
    var result = new CommandRun().run("--version");

    assertEquals(0, result.exitCode());
    assertTrue(result.out().matches("keyservice \\d+\\.\\d+.*\\R"), result.out());
  }
}
