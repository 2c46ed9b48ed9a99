package dev.keyservice.audit;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.audit.SickDisk.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A disk that is full, does not sync or stalls costs calls, and never the chain.
@Timeout(60)
class SickDiskTest {
  @TempDir Path dir;

  private final SickDisk disk = new SickDisk();
  private Trail trail;
  private Path real;

  @BeforeEach
  void begin() {
    real = dir.resolve("audit");
    trail = new Trail(disk.of(real));
  }

  private Path file(long number) {
    return AuditFiles.file(real, number);
  }

  private static void refused(AuditLog log) {
    var _ = assertThrows(ExecutionException.class, () -> Trail.record(log, Trail.call("app")));
  }

  private static void full(Work work, Path file) throws IOException {
    if (work == Work.WRITE) {
      throw new IOException("No space left on device");
    }
  }

  private static void unableToSync(Work work, Path file) throws IOException {
    if (work == Work.SYNC) {
      throw new IOException("Input/output error");
    }
  }

  @Test
  void aFileThatCannotBeBegunForWantOfSpaceIsBegunAgain() throws Exception {
    var _ = trail.withFilesOf(500);
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      // The directory takes another name, and the file no byte.
      disk.falls((work, file) -> {
        if (file.endsWith(file(2))) {
          full(work, file);
        }
      });
      refused(log);
      TimeUnit.MILLISECONDS.sleep(600);
      disk.recovers();
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(2, trail.verify().calls());
    assertEquals(1, trail.verify().outages());
  }

  @Test
  void whatWasAnsweredIsNeverTakenOutOfTheFileToBeWrittenAgain() throws Exception {
    try (var log = trail.open()) {
      disk.falls(SickDiskTest::unableToSync);
      Trail.record(log, Trail.call("answered"));
      await(log::isFailing);
      // Another program has taken the space in between.
      disk.falls(SickDiskTest::full);
      TimeUnit.MILLISECONDS.sleep(600);
      assertTrue(Files.readString(file(1)).contains("cn:answered"));
      disk.recovers();
      await(() -> !log.isFailing());
    }
    assertEquals(1, trail.verify().calls());
  }

  @Test
  void aDiskThatDoesNotSyncIsNotGivenMoreAndMore() throws Exception {
    try (var log = trail.open()) {
      disk.falls(SickDiskTest::unableToSync);
      Trail.record(log, Trail.call("answered"));
      await(log::isFailing);
      TimeUnit.MILLISECONDS.sleep(2_000);
      disk.recovers();
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(2, trail.verify().calls());
    assertEquals(1, trail.verify().outages());
  }

  @Test
  void aDiskThatStalledIsNotedAsOneThatFailed() throws Exception {
    try (var log = trail.open()) {
      disk.falls((work, _) -> {
        if (work == Work.WRITE) {
          sleep(2_500);
        }
      });
      var begin = System.nanoTime();
      refused(log);
      assertTrue(System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(2));
      begin = System.nanoTime();
      refused(log);
      assertTrue(System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(100));
      disk.recovers();
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(1, trail.verify().outages());
  }

  private static void sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aDirectoryThatDoesNotAnswerIsADiskThatStalls() throws Exception {
    try (var log = trail.open()) {
      disk.falls((work, _) -> {
        if (work == Work.LOOK) {
          sleep(5_000);
        }
      });
      TimeUnit.MILLISECONDS.sleep(2_800);
      var begin = System.nanoTime();
      refused(log);
      assertTrue(System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(100));
      disk.recovers();
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
  }

  @Test
  void aFileThatCannotBeBegunIsWaitedForWithoutWritingMoreIntoTheOneBefore() throws Exception {
    var _ = trail.withFilesOf(500);
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      disk.falls((work, file) -> {
        if (work == Work.OPEN && file.endsWith(file(2))) {
          throw new IOException("No space left on device");
        }
      });
      refused(log);
      for (var i = 0; i < 10; i++) {
        TimeUnit.MILLISECONDS.sleep(100);
        assertTrue(log.isFailing());
      }
      disk.recovers();
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(2, trail.verify().calls());
    assertEquals(1, trail.verify().outages());
  }

  @Test
  void aChangeWhoseRecordWasWrittenTooLateHasItAndNoOther() throws Exception {
    try (var log = trail.open()) {
      disk.falls(SickDiskTest::unableToSync);
      trail.changes.commit();
      var _ = assertThrows(ExecutionException.class, () -> Trail.record(log, Trail.change(1)));
      disk.recovers();
      await(() -> !log.isFailing());
    }
    var end = Files.readAllLines(file(1)).getLast();
    assertTrue(end.contains("\"recorded\":1,"), end);
    assertEquals(1, trail.verify().calls());
    assertEquals(0, trail.verify().recovered());
  }

  @Test
  void nothingIsAnsweredFromAFileThatIsGone() throws Exception {
    try (var log = trail.open()) {
      Trail.record(log, Trail.call("app"));
      Files.delete(file(1));
      refused(log);
      await(() -> !log.isFailing());
      Trail.record(log, Trail.call("app"));
    }
    assertEquals(List.of(2L), List.copyOf(AuditFiles.list(real).keySet()));
  }
}
