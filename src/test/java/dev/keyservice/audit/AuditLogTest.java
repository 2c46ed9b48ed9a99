package dev.keyservice.audit;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A chain from its first line to its end, across restarts and accidents.
class AuditLogTest {
  @TempDir Path dir;

  private Trail trail;

  @BeforeEach
  void begin() {
    trail = new Trail(dir.resolve("audit"));
  }

  private void write(int calls) throws Exception {
    try (var log = trail.open()) {
      for (var i = 0; i < calls; i++) {
        Trail.record(log, Trail.call("app"));
      }
    }
  }

  private Path file(long number) {
    return AuditFiles.file(trail.directory, number);
  }

  private List<String> lines(long number) throws IOException {
    return Files.readAllLines(file(number));
  }

  @Test
  void aRecordSaysWhoDidWhatWithWhichKey() throws Exception {
    try (var log = trail.open()) {
      var facts = Trail.call("app");
      facts.usedVersion(3);
      facts.tracedAs("0af7651916cd43dd8448eb211c80319c");
      facts.failedWith("PERMISSION_DENIED");
      log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, facts, "PERMISSION_DENIED"))
          .get(5, TimeUnit.SECONDS);
      // Written before the answer: another process reads it.
      var line = lines(1).getLast();
      assertTrue(
          line.contains(
              "\"type\":\"call\",\"caller\":\"cn:app\",\"callerCn\":\"app\",\"method\":\"made.Up/Do\","
                  + "\"key\":\"keyRings/a/cryptoKeys/b\",\"version\":3,\"code\":\"PERMISSION_DENIED\","
                  + "\"reason\":\"PERMISSION_DENIED\",\"traceId\":\"0af7651916cd43dd8448eb211c80319c\","
                  + "\"peer\":\"10.0.0.1:4711\",\"us\":"),
          line);
    }
  }

  @Test
  void aChainGoesOnAcrossStartsAndFiles() throws Exception {
    var _ = trail.withFilesOf(2_000);
    write(20);
    write(20);

    var report = trail.verify();

    assertEquals(40, report.calls());
    assertTrue(report.files() > 3, report.toString());
    assertTrue(report.ended());
    assertEquals(0, report.afterCheckpoint());
  }

  @Test
  void manyRecordsAtOnceAreWrittenTogether() throws Exception {
    try (var log = trail.open()) {
      var all = new ArrayList<CompletableFuture<Void>>();
      for (var i = 0; i < 5_000; i++) {
        all.add(log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, Trail.call("a" + i), "OK")));
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
      assertEquals(5_000, log.figures().records());
    }
    assertEquals(5_000, trail.verify().calls());
  }

  @Test
  void recordsAreSignedWithinASecond() throws Exception {
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      await(() -> log.figures().checkpoints() == 1);
      assertEquals(0, trail.verify().afterCheckpoint());
    }
  }

  @Test
  void whatAnotherProcessHasLeftIsSignedAtTheStart() throws Exception {
    write(3);
    var lines = lines(1);
    Files.write(file(1), lines.subList(0, lines.size() - 1)); // without the signature of its end
    assertEquals(3, trail.verify().afterCheckpoint());

    try (var _ = trail.open()) {
      assertEquals(0, trail.verify().afterCheckpoint());
    }
  }

  @Test
  void aLineThatTheEndOfTheProcessHasCutIsRepairedAndNoted() throws Exception {
    write(3);
    Files.writeString(file(1), "{\"seq\":6,\"prev\":\"0", StandardOpenOption.APPEND);
    assertEquals(18, trail.verify().tornBytes());

    write(1);

    var report = trail.verify();
    assertEquals(1, report.repairs());
    assertEquals(4, report.calls());
  }

  @Test
  void aFileThatWasOnlyBegunIsBegunAgain() throws Exception {
    write(3);
    Files.writeString(file(2), "{\"seq\":");

    write(1);

    assertEquals(4, trail.verify().calls());
    assertEquals(2, trail.verify().files());
  }

  @Test
  void whatAPowerCutHasLeftOfALineMayBeLong() throws Exception {
    write(3);
    Files.write(file(1), new byte[3 << 20], StandardOpenOption.APPEND);
    assertEquals(3 << 20, trail.verify().tornBytes());

    write(1);

    assertEquals(4, trail.verify().calls());
    assertEquals(
        "{\"bytes\":3145728,\"sha256\":\"%s\"}".formatted(Hash.of(new byte[3 << 20])),
        "{" + repaired().replaceFirst(".*\"type\":\"repair\",", ""));
  }

  private String repaired() throws IOException {
    return lines(1).stream().filter(line -> line.contains("\"repair\"")).findFirst().orElseThrow();
  }

  @Test
  void aChainThatLacksAFileBeforeItsLastIsNotContinued() throws Exception {
    write(3);
    Files.createFile(file(99));

    var refused = assertThrows(SettingRefused.class, () -> trail.open());

    assertTrue(
        refused.getMessage().contains("audit-00000002.jsonl is missing before"),
        refused.getMessage());
    Files.delete(file(99));
    write(1);
  }

  @Test
  void aChainWhoseOnlyFileWasEmptiedIsNotBegunAnew() throws Exception {
    Files.createDirectories(trail.directory);
    Files.createFile(file(7));

    assertThrows(SettingRefused.class, () -> trail.open());

    assertFalse(Files.exists(file(1)));
  }

  @Test
  void aChainThatIsNotWhatItWasIsNotContinued() throws Exception {
    write(3);
    Files.writeString(file(1), Files.readString(file(1)).replaceFirst("cn:app", "cn:abb"));

    var refused = assertThrows(SettingRefused.class, () -> trail.open());

    assertTrue(refused.getMessage().contains(Trail.SETTING), refused.getMessage());
    assertTrue(refused.getMessage().contains("line 3"), refused.getMessage());
  }

  @Test
  void aDirectoryIsForOneProcess() throws Exception {
    try (var _ = trail.open()) {
      var refused = assertThrows(SettingRefused.class, () -> trail.open());
      assertTrue(refused.getMessage().contains("is in use"), refused.getMessage());
    }
    write(1);
  }

  @Test
  void aChangeThatWasCommittedBeforeTheProcessEndedGetsItsRecord() throws Exception {
    try (var log = trail.open()) {
      trail.changes.commit();
      Trail.record(log, Trail.change(1));
    }
    trail.changes.commit();
    trail.changes.commit();

    write(0);
    assertEquals(2, trail.verify().recovered());
    assertTrue(
        Files.readString(file(1))
            .contains(
                "\"action\":\"CREATE_KEY\",\"key\":\"keyRings/a/cryptoKeys/k3\",\"revision\":3"));
    write(0);
    assertEquals(2, trail.verify().recovered());
  }

  @Test
  void aChangeWhoseCallerWentAwayGetsItsRecordWhileTheServiceRuns() throws Exception {
    try (var _ = trail.open()) {
      trail.changes.commit();
      await(() -> recovered() == 1);
    }
  }

  private long recovered() {
    try {
      return trail.verify().recovered();
    } catch (IOException | BrokenChain e) {
      return -1;
    }
  }

  /// Asked for the time of each line: what happens then happens while lines are written.
  private static Clock clock(Runnable atEachLine) {
    return new Clock() {
      @Override
      public Instant instant() {
        atEachLine.run();
        return Instant.now();
      }

      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }
    };
  }

  @Test
  void aChangeThatIsCommittedWhileItsCancelledCallIsWrittenGetsARecord() throws Exception {
    var cancelled = Trail.call("admin");
    var next = new CountDownLatch(1);
    var lines = new AtomicInteger();
    var _ =
        trail.withClock(
            clock(() -> {
              switch (lines.incrementAndGet()) {
                case 2 -> join(next); // after that of the file: what comes now is one batch
                case 4 -> cancelled.changed(1);
                default -> {
                  // some line
                }
              }
            }));
    try (var log = trail.open()) {
      var first = log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, Trail.call("a"), "OK"));
      await(() -> log.waiting() == 0);
      var second = log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, cancelled, "CANCELLED"));
      var third = log.record(AuditEvent.Call.of(AuditEvent.Phase.CALL, Trail.call("b"), "OK"));
      next.countDown();
      CompletableFuture.allOf(first, second, third).get(5, TimeUnit.SECONDS);
      trail.changes.commit();
    }
    write(0);
    assertEquals(1, count("\"revision\":1,\"code\"") + count("\"type\":\"change\""));
  }

  private static void join(CountDownLatch latch) {
    try {
      var _ = latch.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long count(String part) throws IOException {
    return lines(1).stream().filter(line -> line.contains(part)).count();
  }

  @Test
  void whatCallersChooseStaysInItsLine() throws Exception {
    var chosen =
        "a\"b\\c\nd\re\u0000f\u2028\u2029\u0085\ud83d\ude00\ufeff{\"seq\":1}\",\"signature\":\"x";
    try (var log = trail.open()) {
      var facts = new CallRecord("made.Up/Do", chosen, System.nanoTime());
      facts.calledBy(chosen, chosen);
      facts.concerns(chosen.repeat(1_000));
      facts.requestedAs(chosen);
      facts.failedWith(chosen);
      Trail.record(log, facts);
    }
    assertEquals(1, trail.verify().calls());
    assertEquals(chosen, new ObjectMapper().readTree(lines(1).get(1)).path("caller").asText());
    write(1);
  }

  @Test
  void aLineThatNobodyWouldReadIsNotWritten() throws Exception {
    try (var log = trail.open()) {
      var _ =
          assertThrows(
              ExecutionException.class, () -> Trail.record(log, Trail.call("a".repeat(1 << 20))));
    }
    assertEquals(0, trail.verify().calls());
    write(1);
  }

  @Test
  void aStoreThatIsBehindTheChainIsRefusedUnlessItWasRestoredOnPurpose() throws Exception {
    try (var log = trail.open()) {
      for (var revision = 1; revision <= 3; revision++) {
        trail.changes.commit();
        Trail.record(log, Trail.change(revision));
      }
    }
    trail.changes.restoreBackupWith(2, "a");

    var refused = assertThrows(SettingRefused.class, () -> trail.open());
    assertTrue(
        refused.getMessage().contains("KEYSERVICE_AUDIT_RESTORED_REVISION=2"),
        refused.getMessage());

    var _ = trail.restoredAt(2);
    try (var log = trail.open()) {
      trail.changes.commit();
      Trail.record(log, Trail.change(3));
    }
    assertEquals(0, trail.verify().recovered());
    write(0); // said once more, it means nothing
  }

  @Test
  void anotherStoreOfTheSameAgeIsRefused() throws Exception {
    try (var log = trail.open()) {
      trail.changes.commit();
      Trail.record(log, Trail.change(1));
    }
    trail.changes.restoreBackupWith(5, "b");

    assertThrows(SettingRefused.class, () -> trail.open());
  }

  @Test
  void aFileThatIsTakenAwayIsNoticedAndTheChainGoesOnInTheNext() throws Exception {
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      Files.delete(file(1));
      await(() -> Files.exists(file(2)) && !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(1, trail.verify().outages());
    assertEquals(2, trail.verify().firstFile());
  }

  @Test
  void aFileThatStandsWhereTheNextOneBelongsIsNotDeleted() throws Exception {
    var _ = trail.withFilesOf(500);
    try (var log = trail.open()) {
      var _ = Files.writeString(file(2), "of somebody else");
      var _ =
          assertThrows(
              ExecutionException.class,
              () -> {
                for (var i = 0; i < 10; i++) {
                  Trail.record(log, Trail.call("app"));
                }
              });
      assertEquals("of somebody else", Files.readString(file(2)));
      Files.delete(file(2));
      await(() -> !log.isFailing());
    }
    assertEquals(1, trail.verify().outages());
  }

  @Test
  void aRecordThatComesAfterTheEndIsRefusedAtOnce() throws Exception {
    var log = trail.open();
    log.close();
    var begin = System.nanoTime();

    var _ = assertThrows(ExecutionException.class, () -> Trail.record(log, Trail.call("app")));

    assertTrue(System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void nothingIsAnsweredWhileNothingCanBeWritten() throws Exception {
    var _ = trail.withFilesOf(500);
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      // Where the next file would be stands a directory, and not an empty one.
      Files.createDirectories(file(2).resolve("x"));
      var failure =
          assertThrows(
              ExecutionException.class,
              () -> {
                for (var i = 0; i < 10; i++) {
                  Trail.record(log, Trail.call("app"));
                }
              });
      assertTrue(failure.getCause() instanceof Failure.Unavailable, failure.toString());
      assertTrue(log.isFailing());

      Files.delete(file(2).resolve("x"));
      Files.delete(file(2));
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
      assertFalse(log.isFailing());
    }
    assertEquals(1, trail.verify().outages());
  }
}
