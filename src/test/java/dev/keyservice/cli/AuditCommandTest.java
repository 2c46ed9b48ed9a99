package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `keyservice audit` says of files that no service has written; the rest is in `AuditIT`.
class AuditCommandTest {
  @TempDir Path directory;

  private CommandRun.Result audit(String... arguments) {
    var all = new ArrayList<>(List.of("audit"));
    all.addAll(List.of(arguments));
    return new CommandRun().run(all.toArray(String[]::new));
  }

  private void put(String text) throws IOException {
    var _ = Files.writeString(directory.resolve("audit-00000001.jsonl"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"verify", "head", "tail"})
  void saysWhichDirectoryCannotBeRead(String command) {
    var missing = directory.resolve("missing").toString();

    var result = audit(command, missing);

    assertEquals(2, result.exitCode(), result.err());
    assertEquals(
        "keyservice: the audit log in " + missing + " cannot be read (NoSuchFileException)\n",
        result.err());
  }

  @ParameterizedTest
  @CsvSource({
    "tail -n -1, -n must be 0 or more",
    "tail -n x, is not an int",
    "verify --key AAAA, --key must be base64 of an Ed25519 public key",
    "verify --key ?, --key must be base64 of an Ed25519 public key",
    "verify --expect-head 1, --expect-head must be SEQ:HASH",
    "key --store nothing.db, nothing.db is no store",
  })
  void saysWhatIsWrongWithAnOption(String arguments, String complaint) throws IOException {
    put("a\n");

    var result =
        new CommandRun()
            .variable("KEYSERVICE_AUDIT_DIR", directory.toString())
            .run(("audit " + arguments).split(" "));

    assertEquals(2, result.exitCode(), result.out());
    assertTrue(result.err().contains(complaint), result.err());
  }

  @Test
  void whatIsNoChainIsBroken() throws IOException {
    put("{\"seq\":0}\n");

    var result = audit("verify", directory.toString());

    assertEquals(5, result.exitCode(), result.err());
    assertEquals(
        "broken: audit-00000001.jsonl, line 1: the file does not begin as one\n", result.out());
  }

  @Test
  void theLastLinesAreShownAsTheyAre() throws IOException {
    put("a\nb\n\u00e4\nunfinished");

    var result = audit("tail", "-n", "2", directory.toString());

    assertEquals(0, result.exitCode(), result.err());
    assertEquals("b\n\u00e4\n", result.out());
  }

  @Test
  void followingEndsWhenNobodyReads() throws IOException {
    put("a\nb\nc\n");

    var result = new CommandRun().closedAfter(1).run("audit", "tail", "-f", directory.toString());

    assertEquals(0, result.exitCode(), result.err());
    assertEquals("a\n", result.out());
  }
}
