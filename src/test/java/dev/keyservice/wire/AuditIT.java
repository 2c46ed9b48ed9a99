package dev.keyservice.wire;

import static dev.keyservice.testing.AuditTrail.count;
import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nothing is answered that is not recorded.
@Timeout(1_200)
class AuditIT {
  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final int KILLS = FULL ? 100 : 1;

  /// Longer than from one signature to the next.
  private static final int MOST_MILLIS = FULL ? 1_500 : 300;

  private static final Pattern TIME = Pattern.compile("\"time\":\"([^\"]+)\"");
  private static final int CALLERS = 4;

  private Installation installation;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  private List<String> lines() throws IOException {
    return AuditTrail.lines(installation.file("audit"));
  }

  private String command(int exitCode, String... arguments) throws Exception {
    return Program.run(exitCode, installation, arguments);
  }

  @Test
  void everyAnswerHasItsRecordWhenItArrives() throws Exception {
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var key = new Calls(channels.of("all")).createKey("app", "k").getName();
      assertEquals(
          1,
          count(
              lines(),
              "\"type\":\"call\",\"caller\":\"cn:all\",\"callerCn\":\"all\"",
              "\"method\":\"keyservice.v1.KeyService/CreateCryptoKey\"",
              "\"key\":\"" + key + "\"",
              "\"revision\":1,\"code\":\"OK\""));

      var _ = new Calls(channels.of("app")).encrypt(key, Confided.PLAINTEXT, Confided.AAD);
      assertEquals(
          1, count(lines(), "cn:app", "CryptoService/Encrypt", key, "\"version\":1", "\"OK\""));

      assertThrows(
          StatusRuntimeException.class, () -> new Calls(channels.of("unbound")).getKey(key));
      assertEquals(
          1, count(lines(), "cn:unbound", "GetCryptoKey", key, "\"reason\":\"PERMISSION_DENIED\""));

      try (var watching = new Channels(installation, service.port())) {
        var watch =
            new Calls(watching.of("app")).watch(WatchCryptoKeysRequest.getDefaultInstance());
        assertTrue(watch.hasNext());
        assertEquals(1, count(lines(), "\"type\":\"begin\"", "cn:app", "WatchCryptoKeys"));
      }
      await(() -> ended() == 1);

      assertThrows(StatusRuntimeException.class, () -> new Calls(channels.of("nameless")).whoAmI());
      assertEquals(0, count(lines(), "CERTIFICATE_REFUSED"));
    }
    var publicKey = command(0, "audit", "key").strip();
    var proven = command(0, "audit", "verify", "--key", publicKey);
    assertTrue(proven.startsWith("proven: "), proven);
    var head = command(0, "audit", "head").strip();
    assertTrue(command(0, "audit", "tail", "-n", "1").contains("\"end\":true"));

    try (var _ = ServiceProcess.start(installation)) {
      assertTrue(command(0, "audit", "verify", "--expect-head", head).contains("proven: "));
    }
    var file = installation.file("audit/audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file).replace("cn:unbound", "cn:another"));
    var broken = command(5, "audit", "verify", "--key", publicKey);
    assertTrue(broken.startsWith("broken: audit-00000001.jsonl, line "), broken);
  }

  private long ended() {
    try {
      return count(lines(), "\"type\":\"end\"", "WatchCryptoKeys", "CANCELLED");
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void noAnswerIsWithoutItsRecordAfterAKill() throws Exception {
    var random = new Random();
    Queue<String> created = new ConcurrentLinkedQueue<>();
    Queue<String> encrypted = new ConcurrentLinkedQueue<>();
    var window = new Unsigned();
    for (var kill = 0; kill < KILLS; kill++) {
      try (var service = ServiceProcess.start(installation);
          var channels = new Channels(installation, service.port())) {
        workUntilKilled(service, channels, kill, random.nextInt(MOST_MILLIS), created, encrypted);
      }
      assertTrue(command(0, "audit", "verify").contains("proven: "));
      window.look(lines());
    }
    assertTrue(window.longest.toMillis() < 2_000, window.longest.toString());
    try (var _ = ServiceProcess.start(installation)) {
      assertTrue(command(0, "audit", "verify").contains("proven: "));
    }
    var lines = lines();
    var withoutRecord = new ArrayList<String>();
    for (var key : created) {
      if (count(lines, "\"key\":\"" + key + "\"", "\"revision\":") != 1) {
        withoutRecord.add(key);
      }
    }
    for (var key : encrypted) {
      if (count(lines, "Encrypt", "\"key\":\"" + key + "\"", "\"code\":\"OK\"") < 1) {
        withoutRecord.add(key);
      }
    }
    assertEquals(List.of(), withoutRecord);
    System.out.printf(
        "proof: kill -9 %d times: the chain was proven each time; %d creates and %d encrypts were"
            + " answered and all have their record; %d changes got one from the change log, %d lines"
            + " were cut; of the end at most %d records of %d ms could be cut off unseen%n",
        KILLS,
        created.size(),
        encrypted.size(),
        count(lines, "\"type\":\"change\""),
        count(lines, "\"type\":\"repair\""),
        window.most,
        window.longest.toMillis());
  }

  /// What follows the last signature: cut off, nobody would miss it.
  private static final class Unsigned {
    private Duration longest = Duration.ZERO;
    private int most;

    void look(List<String> all) {
      var lines = all.stream().filter(line -> line.endsWith("}")).toList();
      var signed = lines.size() - 1;
      while (!lines.get(signed).contains("\"signature\":")) {
        signed--;
      }
      var window = Duration.between(time(lines.get(signed)), time(lines.getLast()));
      longest = longest.compareTo(window) < 0 ? window : longest;
      most = Math.max(most, lines.size() - 1 - signed);
    }

    private static Instant time(String line) {
      var time = TIME.matcher(line);
      assertTrue(time.find(), line);
      return Instant.parse(time.group(1));
    }
  }

  private static void workUntilKilled(
      ServiceProcess service,
      Channels channels,
      int round,
      int millis,
      Queue<String> created,
      Queue<String> encrypted)
      throws Exception {
    var begun = new CountDownLatch(1);
    var ends = new ArrayList<Future<?>>();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var caller = 0; caller < CALLERS; caller++) {
        var prefix = "k" + round + "-" + caller + "-";
        ends.add(
            callers.submit(() -> {
              var calls = new Calls(channels.of("all"));
              for (var i = 0; ; i++) {
                var key = calls.createKey("crash", prefix + i).getName();
                created.add(key);
                var _ = calls.encrypt(key, Confided.PLAINTEXT, "");
                encrypted.add(key);
                begun.countDown();
              }
            }));
      }
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      TimeUnit.MILLISECONDS.sleep(millis);
      service.kill();
    }
    for (var end : ends) {
      assertThrows(java.util.concurrent.ExecutionException.class, end::get);
    }
  }
}
