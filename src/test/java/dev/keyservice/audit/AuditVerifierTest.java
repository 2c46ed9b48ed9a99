package dev.keyservice.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Every kind of edit is named with its place.
class AuditVerifierTest {
  @TempDir Path dir;

  private Trail trail;

  /// Several files, three times ended in good order.
  @BeforeEach
  void write() throws Exception {
    trail = new Trail(dir.resolve("audit")).withFilesOf(2_000);
    for (var start = 0; start < 3; start++) {
      try (var log = trail.open()) {
        for (var i = 0; i < 6; i++) {
          Trail.record(log, Trail.call("app" + i));
        }
      }
    }
    assertEquals(18, trail.verify().calls());
  }

  private Path file(long number) {
    return AuditFiles.file(trail.directory, number);
  }

  private List<String> lines(long number) throws IOException {
    return new ArrayList<>(Files.readAllLines(file(number)));
  }

  private void put(long number, List<String> lines) throws IOException {
    Files.writeString(file(number), String.join("\n", lines) + "\n");
  }

  private String problem() {
    return assertThrows(BrokenChain.class, () -> trail.verify()).problem();
  }

  @Test
  void everyBitOfEveryLineThatIsFollowedCounts() throws Exception {
    var whole = Files.readAllBytes(file(1));
    var newlines = 0;
    for (var i = 0; i < whole.length; i += 7) {
      var changed = whole.clone();
      changed[i] ^= 1;
      Files.write(file(1), changed);
      var problem = problem();
      var line =
          1
              + new String(whole, 0, i, StandardCharsets.UTF_8)
                  .chars()
                  .filter(c -> c == '\n')
                  .count();
      // The hash of a line is in the next one.
      assertEquals(
          true,
          problem.contains("line " + line + ":")
              || problem.contains("line " + (line + 1) + ":")
              || problem.startsWith("audit-00000002.jsonl, line 1:"),
          () -> "byte of line " + line + ": " + problem);
      newlines++;
    }
    assertEquals(true, newlines > 100);
  }

  @Test
  void aLineThatIsRemovedIsMissed() throws Exception {
    var lines = lines(1);
    lines.remove(2);
    put(1, lines);

    assertEquals("audit-00000001.jsonl, line 3: record 2 belongs here, and this is 3", problem());
  }

  @Test
  void linesThatAreSwappedAreSeen() throws Exception {
    var lines = lines(1);
    lines.add(2, lines.remove(3));
    put(1, lines);

    assertEquals("audit-00000001.jsonl, line 3: record 2 belongs here, and this is 3", problem());
  }

  @Test
  void aLineThatIsInsertedIsSeen() throws Exception {
    var lines = lines(1);
    lines.add(2, lines.get(2).replace("app1", "eve"));
    put(1, lines);

    assertEquals("audit-00000001.jsonl, line 4: record 3 belongs here, and this is 2", problem());
  }

  @Test
  void aLineThatIsChangedWithAllHashesAfterItIsSeenAtTheNextSignature() throws Exception {
    var lines = lines(1);
    lines.set(2, lines.get(2).replace("app1", "eve1"));
    for (var i = 3; i < lines.size(); i++) {
      var hash = Hash.of(lines.get(i - 1).getBytes(StandardCharsets.UTF_8));
      lines.set(
          i, lines.get(i).replaceFirst("\"prev\":\"[0-9a-f]{64}\"", "\"prev\":\"" + hash + "\""));
    }
    put(1, lines);

    var checkpoint = 0;
    while (!lines.get(checkpoint).contains("checkpoint")) {
      checkpoint++;
    }
    assertEquals(
        "audit-00000001.jsonl, line "
            + (checkpoint + 1)
            + ": the signature is not that of the audit key",
        problem());
  }

  @Test
  void aFileThatIsCutIsSeenInTheNext() throws Exception {
    var lines = lines(1);
    put(1, lines.subList(0, lines.size() - 2));

    assertEquals(true, problem().startsWith("audit-00000002.jsonl, line 1: record "), problem());
  }

  @Test
  void aFileThatIsRemovedIsMissed() throws Exception {
    Files.delete(file(2));

    assertEquals("audit-00000002.jsonl is missing before audit-00000003.jsonl", problem());
  }

  @Test
  void theOldestFilesMayBeTakenAwayAndThatIsSaid() throws Exception {
    Files.delete(file(1));

    assertEquals(2, trail.verify().firstFile());
  }

  @Test
  void aFileOfAnotherChainIsSeen() throws Exception {
    var other = new Trail(dir.resolve("other")).withFilesOf(2_000);
    for (var start = 0; start < 3; start++) {
      try (var log = other.open()) {
        for (var i = 0; i < 6; i++) {
          Trail.record(log, Trail.call("app" + i));
        }
      }
    }
    Files.copy(
        AuditFiles.file(other.directory, 2),
        file(2),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);

    assertEquals(true, problem().startsWith("audit-00000002.jsonl, line 1: "), problem());
  }

  @Test
  void anotherKeyIsNotBelieved() {
    var broken =
        assertThrows(
            BrokenChain.class,
            () -> AuditVerifier.verify(trail.directory, Optional.of(Trail.newKeys().publicKey())));

    assertEquals(
        "audit-00000001.jsonl, line 1: the signature is not that of the audit key",
        broken.problem());
  }

  @Test
  void aDirectoryWithoutAChainHasNone() throws Exception {
    var empty = Files.createDirectory(dir.resolve("empty"));

    assertThrows(BrokenChain.class, () -> AuditVerifier.verify(empty, Optional.empty()));
  }

  @Test
  void theLastSignatureIsWrittenInOneWayOnly() throws Exception {
    var last = AuditFiles.list(trail.directory).lastKey();
    var whole = Files.readString(file(last));
    Files.writeString(file(last), whole.replaceFirst("==\"}\n$", "\"}\n"));
    var unpadded = problem();
    var end = whole.lastIndexOf("==\"}") - 1;
    // Of the last digit, which is A, Q, g or w, the lowest bits are none of the signature.
    Files.writeString(
        file(last),
        whole.substring(0, end) + (char) (whole.charAt(end) + 1) + whole.substring(end + 1));

    assertEquals(true, unpadded.contains("the signature is not that of the audit key"), unpadded);
    assertEquals(unpadded, problem());
  }

  @Test
  void aFileHasOneNameOnly() throws Exception {
    Files.copy(file(2), trail.directory.resolve("audit-000000002.jsonl"));
    assertEquals(18, trail.verify().calls());

    Files.delete(file(2));

    assertEquals("audit-00000002.jsonl is missing before audit-00000003.jsonl", problem());
  }

  @Test
  @Timeout(10)
  void whatIsNoFileIsSaidToBeNone() throws Exception {
    var last = AuditFiles.list(trail.directory).lastKey();
    Files.delete(file(2));
    Files.createDirectory(file(2));
    assertEquals("audit-00000002.jsonl is no file", problem());

    Files.delete(file(2));
    assertEquals(0, new ProcessBuilder("mkfifo", file(2).toString()).start().waitFor());
    assertEquals("audit-00000002.jsonl is no file", problem());
    assertThrows(IOException.class, () -> AuditTail.of(trail.directory, 1_000).next());

    Files.delete(file(2));
    Files.createSymbolicLink(file(2), dir.resolve("nowhere"));
    assertEquals("audit-00000002.jsonl is no file", problem());
    assertEquals(true, last > 2);
  }

  @Test
  void aLineThatIsCutWithinACharacterIsNoLine() throws Exception {
    var last = AuditFiles.list(trail.directory).lastKey();
    var head = trail.verify().head();
    var tail = AuditTail.of(trail.directory, 20).next();
    Files.write(file(last), new byte[] {'{', '"', (byte) 0xc3}, StandardOpenOption.APPEND);

    assertEquals(3, trail.verify().tornBytes());
    assertEquals(true, AuditVerifier.holds(trail.directory, head));
    assertEquals(tail, AuditTail.of(trail.directory, 20).next());
    assertEquals(20, tail.size());
  }

  @Test
  void aLineThatIsTooLongIsNotKeptInMemory() throws Exception {
    var last = AuditFiles.list(trail.directory).lastKey();
    var count = lines(last).size();
    try (var file = FileChannel.open(file(last), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {'\n'}), file.size() + (32L << 20)); // sparse
    }

    assertEquals(
        "%s, line %d: this is no line of a chain".formatted(AuditFiles.name(last), count + 1),
        problem());
  }

  @Test
  void aNumberIsNotTakenForAnotherThatIsTheSameInSixtyFourBits() throws Exception {
    var last = AuditFiles.list(trail.directory).lastKey();
    var report = trail.verify();
    var next = BigInteger.TWO.pow(64).add(BigInteger.valueOf(report.seq() + 1));
    Files.writeString(
        file(last),
        "{\"seq\":%s,\"prev\":\"%s\",\"type\":\"call\"}\n".formatted(next, report.hash()),
        StandardOpenOption.APPEND);

    assertEquals(true, problem().endsWith(": this is no line of a chain"), problem());
  }
}
