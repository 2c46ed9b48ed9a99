package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.LogLines;
import dev.keyservice.testing.SetClock;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import dev.keyservice.transport.TlsFiles.Side;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpiryWarningsTest {
  private final Instant begin = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private static final Duration LIFE = Duration.ofMinutes(20);

  private final TestCa ca = new TestCa();
  private final SetClock clock = new SetClock();
  private final ExpiryWarnings warnings = new ExpiryWarnings(Side.SERVER, clock);
  private final LogLines log = LogLines.of(ExpiryWarnings.class.getName());

  @TempDir Path directory;

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void warnsOfAListFromTheLastFifthOfItsLifeOn() throws IOException {
    var material = withList(Duration.ZERO);

    look(material, LIFE.multipliedBy(79).dividedBy(100));
    assertEquals(0, log.lines().size());

    look(material, LIFE.multipliedBy(81).dividedBy(100));
    look(material, LIFE.multipliedBy(82).dividedBy(100));
    assertEquals(1, log.lines().size());
    assertTrue(
        log.lines()
            .getFirst()
            .startsWith(
                "the revocation list of 'CN=test CA' ends at " + begin.plus(LIFE) + ", in PT3M"),
        log.lines().getFirst());
    assertTrue(log.lines().getFirst().endsWith("; then whoever this CA signed is refused"));
  }

  @Test
  void warnsAgainAtEveryTwentiethAndWhenItHasEnded() throws IOException {
    var material = withList(Duration.ZERO);

    for (var percent = 75; percent <= 110; percent++) {
      look(material, LIFE.multipliedBy(percent).dividedBy(100));
    }

    // At 80, 85, 90 and 95 % of it, and at its end.
    assertEquals(5, log.lines().size(), log.lines().toString());
    assertTrue(log.lines().getLast().contains("ended at " + begin.plus(LIFE)));
  }

  @Test
  void saysUntilWhenTheGraceLasts() throws IOException {
    var material = withList(Duration.ofHours(2));

    look(material, LIFE);

    var last = begin.plus(LIFE).plus(Duration.ofHours(2));
    assertTrue(
        log.lines().getFirst().endsWith("whoever this CA signed is refused from " + last + " on"),
        log.lines().getFirst());
  }

  @Test
  void warnsOfTheOwnCertificateAndBeginsAnewWithTheNext() {
    var first = Materials.of(ca.serverUntil(Instant.now().plusSeconds(600)), ca);
    var second = Materials.of(ca.serverUntil(Instant.now().plusSeconds(700)), ca);
    clock.set(Instant.now().plusSeconds(590));

    warnings.warn(first);
    warnings.warn(first);
    assertEquals(1, log.with("the server's certificate 'CN=keyservice' ends at").size());

    clock.set(Instant.now().plusSeconds(690));
    warnings.warn(second);
    assertEquals(2, log.with("the server's certificate 'CN=keyservice' ends at").size());
  }

  @Test
  void warnsOfACa() {
    var own = new TestCa("own CA").server();
    clock.set(ca.certificate().getNotAfter().toInstant().minusSeconds(60));

    warnings.warn(Materials.of(own, ca));

    assertEquals(1, log.with("the CA 'CN=test CA' ends at").size(), log.lines().toString());
  }

  private void look(TlsMaterial material, Duration lived) {
    clock.set(begin.plus(lived));
    warnings.warn(material);
  }

  private TlsMaterial withList(Duration grace) throws IOException {
    var files = ca.serverFiles(directory, ca.server());
    var list = directory.resolve("crl.pem");
    TestCrl.write(list, ca.crl().from(begin).until(begin.plus(LIFE)).build());
    clock.set(begin.plusSeconds(1));
    return new TlsMaterialLoader(clock, grace).load(files.withRevocationLists(list));
  }
}
