package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.AuditShipper;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.SmallDisk;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// On a disk that takes nothing the audit log refuses every call, soon and for as long as that
/// lasts.
@Timeout(300)
class AuditDiskIT {

  /// Two seconds are promised; a machine that is busy has one more.
  private static final long PROMISED_MILLIS = 3_000;

  private static final long FROZEN_SECONDS = Boolean.getBoolean("proof.full") ? 30 : 3;
  private static final int CALLERS = 32;
  private static final int SMALL = 16;
  private static final int ROOM_FOR_ALL = 512;

  private Installation installation;
  private SmallDisk disk;
  private Path audit;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  private void mount(int mebibytes) throws Exception {
    disk = new SmallDisk(installation, mebibytes);
    audit = disk.file("audit");
  }

  @AfterEach
  void unmount() {
    if (disk != null) {
      disk.close();
    }
    installation.close();
  }

  private ServiceProcess start(Map<String, String> more) {
    var variables = new HashMap<>(more);
    variables.put("KEYSERVICE_AUDIT_DIR", audit.toString());
    return ServiceProcess.start(installation, variables);
  }

  private String verify(Path directory, String... options) throws Exception {
    return AuditTrail.verify(0, installation, directory, options);
  }

  /// @return how long the call took, in milliseconds
  private static long refusedForWantOfARecord(Calls calls, String key) {
    var begin = System.nanoTime();
    var refused =
        assertThrows(
            StatusRuntimeException.class, () -> calls.encrypt(key, Confided.PLAINTEXT, ""));
    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode(), refused.toString());
    assertTrue(refused.getMessage().contains("audit log"), refused.getMessage());
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
  }

  private static boolean isAnswered(Calls calls, String key) {
    try {
      var _ = calls.encrypt(key, Confided.PLAINTEXT, "");
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static long slowestRefusal(Calls calls, String key) {
    var slowest = 0L;
    for (var i = 0; i < 20; i++) {
      slowest = Math.max(slowest, refusedForWantOfARecord(calls, key));
    }
    return slowest;
  }

  @Test
  void aFullDiskRefusesEveryCallAndWhatACollectorHasReadStaysTrue() throws Exception {
    mount(SMALL);
    var collected = Files.createDirectory(installation.file("collected"));
    var _ = Files.createDirectory(audit);
    try (var _ = new AuditShipper(audit, collected);
        var service = start(Map.of());
        var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      var key = calls.createKey("app", "k").getName();
      for (var round = 0; round < 3; round++) {
        var filler = disk.fill();
        await(() -> !isAnswered(calls, key));
        var slowest = slowestRefusal(calls, key);
        assertTrue(slowest < PROMISED_MILLIS, slowest + " ms");
        assertEquals(1, Management.of(service).metric("keyservice_audit_failing").orElseThrow());
        Files.delete(filler);
        await(() -> isAnswered(calls, key));
        System.out.printf(
            "proof: audit log on a full disk: refused within %d ms; then answered without a"
                + " restart%n",
            slowest);
      }
    }
    assertTrue(verify(audit).contains(", 3 outages"), verify(audit));
    assertTrue(verify(collected, "--whole").contains("proven: "));
    assertEquals(AuditTrail.lines(audit), AuditTrail.lines(collected));
  }

  @Test
  void aDiskThatStallsRefusesEveryCallAndHoldsNoMemory() throws Exception {
    mount(ROOM_FOR_ALL);
    try (var service = start(Map.of());
        var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      var key = calls.createKey("app", "k").getName();
      var _ = load(channels, key, FROZEN_SECONDS);
      var before = Footprint.of(service);
      disk.freeze();
      Load refused;
      try {
        refused = load(channels, key, FROZEN_SECONDS);
      } finally {
        // Else the service could not even be killed.
        disk.thaw();
      }
      assertEquals(0, refused.answered.get());
      assertTrue(refused.slowestMillis() < PROMISED_MILLIS, refused.slowestMillis() + " ms");
      var after = Footprint.of(service);
      await(() -> isAnswered(calls, key));
      System.out.printf(
          "proof: audit log on a disk that stalls for %d s: %d calls of %d callers, all of them"
              + " refused, within %d ms; %s; then answered without a restart%n",
          FROZEN_SECONDS,
          refused.refused.get(),
          CALLERS,
          refused.slowestMillis(),
          after.since(before));
      assertTrue(after.growthSince(before) < 200, after.since(before));
    }
    assertTrue(verify(audit).contains("proven: "));
  }

  /// What became of calls by many at once.
  private static final class Load {
    final AtomicLong answered = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final AtomicLong slowest = new AtomicLong();

    long slowestMillis() {
      return TimeUnit.NANOSECONDS.toMillis(slowest.get());
    }
  }

  private static Load load(Channels channels, String key, long seconds) throws Exception {
    var load = new Load();
    var calls = new Calls(channels.of("app"));
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<?>>();
      for (var caller = 0; caller < CALLERS; caller++) {
        all.add(
            callers.submit(() -> {
              while (System.nanoTime() < end) {
                var begin = System.nanoTime();
                (isAnswered(calls, key) ? load.answered : load.refused).incrementAndGet();
                var _ = load.slowest.accumulateAndGet(System.nanoTime() - begin, Math::max);
              }
            }));
      }
      for (var one : all) {
        one.get();
      }
    }
    return load;
  }

  @Test
  void aDirectoryThatTakesNoFilesRefusesEveryCall() throws Exception {
    mount(SMALL);
    try (var service = start(Map.of("KEYSERVICE_AUDIT_FILE_SIZE", "64KiB"));
        var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      var key = calls.createKey("app", "k").getName();
      disk.seal(audit);
      try {
        // Until the file is full.
        await(() -> !isAnswered(calls, key));
        var slowest = slowestRefusal(calls, key);
        assertTrue(slowest < PROMISED_MILLIS, slowest + " ms");
      } finally {
        disk.unseal(audit);
      }
      await(() -> isAnswered(calls, key));
    }
    assertTrue(verify(audit).contains(" in 2 files"), verify(audit));
  }

  @Test
  void aServiceDoesNotStartOnADiskThatIsReadOnly() throws Exception {
    mount(SMALL);
    disk.makeReadOnly();
    try (var service =
        ServiceProcess.launch(installation, Map.of("KEYSERVICE_AUDIT_DIR", audit.toString()))) {
      assertEquals(1, service.exitCode(30), service.log());
      assertTrue(
          service
              .log()
              .contains("KEYSERVICE_AUDIT_DIR: " + audit + " cannot be written by the user"),
          service.log());
    }
    disk.makeWritable();
    try (var _ = start(Map.of())) {
      assertTrue(verify(audit).contains("proven: "));
    }
  }
}
