package dev.keyservice.wire;

import static dev.keyservice.testing.AuditTrail.files;
import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.AuditShipper;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Observability;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The audit log is collected while it is written, what has been collected may be taken away, and
/// all of it can still be proven.
@Timeout(120)
class AuditShippingIT {
  private static final Map<String, String> SMALL_FILES =
      Map.of("KEYSERVICE_AUDIT_FILE_SIZE", "64KiB");

  private Installation installation;
  private Path audit;
  private Path collected;
  private int keys;

  @BeforeEach
  void install() throws IOException {
    installation = Installation.create();
    audit = Files.createDirectory(installation.file("audit"));
    collected = Files.createDirectory(installation.file("collected"));
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  /// @param exitCode how it is to end
  private String verify(int exitCode, Path directory, String... options) throws Exception {
    return AuditTrail.verify(exitCode, installation, directory, options);
  }

  /// Calls until there are so many files.
  private void fill(ServiceProcess service, int count) throws IOException {
    try (var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      var key = calls.createKey("app", "k" + keys++).getName();
      while (files(audit).size() < count) {
        var _ = calls.encrypt(key, Confided.PLAINTEXT, "");
      }
    }
  }

  @Test
  void whatWasCollectedMayBeTakenAway() throws Exception {
    try (var _ = new AuditShipper(audit, collected);
        var service = ServiceProcess.start(installation, SMALL_FILES)) {
      fill(service, 4);
      await(() -> isCollected(2));
      for (var file : files(audit).subList(0, 2)) {
        Files.delete(file);
      }
      fill(service, 4);
      assertTrue(
          verify(0, audit).contains("note: the files before number 3 are not there"),
          "the oldest files are not missed");
      var missed = verify(5, audit, "--whole");
      assertTrue(missed.contains("broken: the files before number 3 are not there"), missed);
      assertTrue(verify(0, collected, "--whole").contains("proven: "));
    }
    // Goes on where it was, without the files that are gone.
    try (var _ = new AuditShipper(audit, Files.createDirectory(installation.file("rest")));
        var service = ServiceProcess.start(installation, SMALL_FILES)) {
      fill(service, 5);
    }
    var head = verify(0, audit).replaceAll("(?s).*head: (\\S+)\\s*", "$1");
    for (var file : files(installation.file("rest"))) {
      Files.move(
          file,
          collected.resolve(file.getFileName()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    var proven = verify(0, collected, "--whole", "--expect-head", head);
    assertTrue(proven.contains("head: " + head), proven);
    System.out.printf("proof: audit log collected by its lines: %s%n", proven.lines().findFirst());
  }

  private boolean isCollected(int count) {
    try {
      for (var file : files(audit).subList(0, count)) {
        var copy = collected.resolve(file.getFileName());
        if (!Files.exists(copy) || Files.mismatch(file, copy) >= 0) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void rsyslogCollectsItWithTheConfigurationThatIsShipped() throws Exception {
    var program = Path.of("/usr/sbin/rsyslogd");
    assumeTrue(Files.isExecutable(program), "no rsyslogd here");
    var state = Files.createDirectory(installation.file("rsyslog"));
    var configuration =
        Files.writeString(
            installation.file("rsyslog.conf"),
            Files.readString(Observability.DIRECTORY.resolve("rsyslog-audit.conf"))
                .replace("/var/lib/rsyslog", state.toString())
                .replace("/var/spool/keyservice-audit", collected.toString())
                .replace("/var/lib/keyservice/audit", audit.toString()));
    var rsyslog =
        new ProcessBuilder(
                program.toString(),
                "-n",
                "-f",
                configuration.toString(),
                "-i",
                state.resolve("pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(installation.file("rsyslog.log").toFile())
            .start();
    try {
      try (var service = ServiceProcess.start(installation, SMALL_FILES)) {
        fill(service, 4);
      }
      await(() -> isCollected(4));
    } finally {
      rsyslog.destroy();
      assertTrue(rsyslog.waitFor(20, TimeUnit.SECONDS));
    }
    assertEquals("", Files.readString(installation.file("rsyslog.log")));
    assertTrue(verify(0, collected, "--whole").contains("proven: "));
  }
}
