package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevFilesCommandTest {
  @TempDir Path directory;

  @Test
  void makesWhatIsMissingAndLeavesWhatIsThere() throws IOException {
    var target = directory.resolve("trial");
    var first = new CommandRun().run("dev-files", target.toString());
    var key = Files.readAllBytes(target.resolve("root-keys/root-1.key"));
    var certificate = Files.readAllBytes(target.resolve("server.pem"));

    var second = new CommandRun().run("dev-files", target.toString());

    assertEquals(0, first.exitCode(), first.err());
    assertTrue(first.out().contains(target.toString()), first.out());
    assertEquals(0, second.exitCode(), second.err());
    assertArrayEquals(key, Files.readAllBytes(target.resolve("root-keys/root-1.key")));
    assertArrayEquals(certificate, Files.readAllBytes(target.resolve("server.pem")));
  }

  @Test
  void saysWhereTheFilesCannotBeMade() throws IOException {
    var file = Files.createFile(directory.resolve("file"));

    var result = new CommandRun().run("dev-files", file.resolve("trial").toString());

    assertEquals(2, result.exitCode());
    assertTrue(result.err().contains(file.toString()), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
  }
}
