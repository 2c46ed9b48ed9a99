package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service remembers of the uses of its keys.
class UsageIT {
  private static final ByteString PLAINTEXT = ByteString.copyFromUtf8("x");

  private Installation installation;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  /// As it stands in the database.
  private record Stored(long uses, Instant lastUse) {}

  private Stored stored() throws SQLException {
    var url = "jdbc:sqlite:" + installation.file("data/keyservice.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var result = statement.executeQuery("SELECT uses, last_use_time FROM version_usage")) {
      return result.next()
          ? new Stored(result.getLong(1), Instant.EPOCH.plus(result.getLong(2), ChronoUnit.MICROS))
          : new Stored(0, Instant.EPOCH);
    }
  }

  private static String use(Calls calls, String key, int times) {
    for (var i = 0; i < times; i++) {
      var sealed = calls.encrypt(key, PLAINTEXT, "").getCiphertext();
      assertEquals(PLAINTEXT, calls.decrypt(key, sealed, "").getPlaintext());
      assertFalse(Refusal.of(() -> calls.decrypt(key, sealed, "other")).reason().isEmpty());
    }
    return key;
  }

  @Test
  void usesThatSucceededOutlastARestart() throws Exception {
    String key;
    var begin = Instant.now();
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      key = use(calls, calls.createKey("app", "used").getName(), 4);
    }
    assertEquals(8, stored().uses());
    var lastUse = stored().lastUse();
    assertTrue(lastUse.isAfter(begin) && lastUse.isBefore(Instant.now()), lastUse.toString());

    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var _ = use(new Calls(channels.of("all")), key, 1);
    }

    assertEquals(10, stored().uses());
    assertTrue(stored().lastUse().isAfter(lastUse));
  }

  @Test
  void usesAreOnTheDiskWithinAMinuteAndOutlastAKill() throws Exception {
    assumeTrue(Boolean.getBoolean("proof.full"), "takes half a minute: -Pproof");
    try (var service = ServiceProcess.start(installation);
        var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("all"));
      var key = use(calls, calls.createKey("app", "used").getName(), 500);
      var begin = Instant.now();
      var end = begin.plus(Duration.ofMinutes(1));
      while (stored().uses() < 1_000 && Instant.now().isBefore(end)) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
      var seconds = Duration.between(begin, Instant.now()).toSeconds();
      assertEquals(1_000, stored().uses());
      var _ = use(calls, key, 10);

      service.kill();

      var after = stored().uses();
      assertTrue(after >= 1_000 && after <= 1_020, () -> after + " uses");
      System.out.printf(
          "proof: 1000 uses on the disk after %d s; kill -9 left %d of them and of 20 later ones%n",
          seconds, after);
    }
  }
}
