package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ProjectCopy;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// What a call costs with the audit log and without it: the same calls to three services in turn.
/// It measures and prints; only the records are asserted.
@EnabledIfSystemProperty(
    named = "proof.full",
    matches = "true",
    disabledReason = "takes minutes, and builds the project again: only with -Pproof")
@Timeout(900)
class AuditCostIT {
  private static final int ROUNDS = 12;
  private static final int WARM_UP = 3;
  private static final int CALLS = 4_000;
  private static final ByteString PLAINTEXT = ByteString.copyFrom(new byte[32]);

  /// Of `/proc/PID/stat`, as every Linux has it.
  private static final int TICK_MICROS = 10_000;

  private static final String NO_CHECKS = "-Xplugin:ErrorProne -XepDisableAllChecks";

  @TempDir Path directory;

  /// What one round of calls took.
  private record Round(double cpuMicros, double callsPerSecond, double p50, double p99) {}

  /// One of the three services.
  private static final class Contender implements AutoCloseable {
    private final String name;
    private final Installation installation = Installation.create();
    private final ServiceProcess service;
    private final Channels channels;
    private final String key;
    private final List<Round> rounds = new ArrayList<>();
    private long calls;

    /// @param start what starts it
    Contender(String name, Function<Installation, ServiceProcess> start) {
      this.name = name;
      this.service = start.apply(installation);
      this.channels = new Channels(installation, service.port());
      this.key = new Calls(channels.of("all")).createKey("app", "k").getName();
    }

    void round(int callers) throws Exception {
      var nanos = new long[CALLS];
      var cpu = cpuMicros();
      var begin = System.nanoTime();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var all = new ArrayList<Future<?>>();
        for (var caller = 0; caller < callers; caller++) {
          var first = caller;
          all.add(
              threads.submit(() -> {
                var stub = new Calls(channels.of("app"));
                for (var i = first; i < CALLS; i += callers) {
                  var start = System.nanoTime();
                  var _ = stub.encrypt(key, PLAINTEXT, "");
                  nanos[i] = System.nanoTime() - start;
                }
              }));
        }
        for (var one : all) {
          one.get();
        }
      }
      var seconds = (System.nanoTime() - begin) / 1e9;
      calls += CALLS;
      Arrays.sort(nanos);
      rounds.add(
          new Round(
              (cpuMicros() - cpu) / (double) CALLS,
              CALLS / seconds,
              nanos[CALLS / 2] / 1e3,
              nanos[CALLS * 99 / 100] / 1e3));
    }

    private long cpuMicros() throws IOException {
      var stat = Files.readString(Path.of("/proc", Long.toString(service.pid()), "stat"));
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MICROS;
    }

    private double median(ToDoubleFunction<Round> figure) {
      var sorted = rounds.stream().skip(WARM_UP).mapToDouble(figure).sorted().toArray();
      return sorted[sorted.length / 2];
    }

    String figures() {
      return "%-9s %5.0f us CPU a call, %6.0f calls/s, p50 %5.0f us, p99 %6.0f us"
          .formatted(
              name,
              median(Round::cpuMicros),
              median(Round::callsPerSecond),
              median(Round::p50),
              median(Round::p99));
    }

    long records() throws IOException {
      var directory = installation.file("audit");
      return Files.exists(directory)
          ? AuditTrail.count(AuditTrail.lines(directory), "CryptoService/Encrypt", "\"OK\"")
          : 0;
    }

    @Override
    public void close() {
      channels.close();
      service.close();
      installation.close();
    }
  }

  private static Function<Installation, ServiceProcess> synced(String when) {
    return installation ->
        ServiceProcess.start(installation, Map.of("KEYSERVICE_AUDIT_SYNC", when));
  }

  /// The same service, but for one annotation.
  private Path packagedWithoutAudit() throws Exception {
    var copy = ProjectCopy.into(directory);
    var interceptor = copy.file("src/main/java/dev/keyservice/audit/AuditInterceptor.java");
    var with = Files.readString(interceptor);
    var without = with.replace("@GlobalInterceptor\n", "");
    assertNotEquals(with, without);
    var _ = Files.writeString(interceptor, without);
    var log = directory.resolve("build.log");
    var build =
        copy.maven("package", "-DskipTests", "-Derror-prone.args=" + NO_CHECKS)
            .redirectOutput(log.toFile())
            .start();
    assertEquals(0, build.waitFor(), () -> "see " + log);
    return copy.file("target/quarkus-app/quarkus-run.jar");
  }

  @Test
  void ofRecordingEveryCall() throws Exception {
    assumeFalse(Program.isNative(), "another executable would take minutes to build");
    assumeTrue(Files.exists(Path.of("/proc/self/stat")), "no /proc here to read CPU time from");
    var jar = packagedWithoutAudit();
    for (var callers : List.of(1, 16)) {
      try (var off = new Contender("off", installation -> ServiceProcess.start(jar, installation));
          var written = new Contender("mutations", synced("mutations"));
          var always = new Contender("always", synced("always"))) {
        var all = List.of(off, written, always);
        for (var round = 0; round < ROUNDS; round++) {
          for (var one : all) {
            one.round(callers);
          }
        }
        for (var one : all) {
          System.out.printf("proof: audit cost, %2d callers: %s%n", callers, one.figures());
        }
        assertEquals(0, off.records());
        assertEquals(written.calls, written.records());
        assertEquals(always.calls, always.records());
      }
    }
  }
}
