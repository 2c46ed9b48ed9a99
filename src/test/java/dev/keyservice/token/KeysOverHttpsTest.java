package dev.keyservice.token;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.KeyHost;
import dev.keyservice.testing.KeyHost.Behaviour;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestIssuer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeysOverHttpsTest {
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path dir;

  private final TestIssuer issuer = new TestIssuer("https://idp.example");
  private final TestCa ca = new TestCa();
  private final IssuerKeys keys = new IssuerKeys("https://idp.example", Clock.systemUTC());
  private KeyHost host;
  private KeysOverHttps refresh;

  @BeforeEach
  void start() throws IOException {
    MintedCertificate.writeCertificates(dir.resolve("ca.pem"), List.of(ca.certificate()));
    host = new KeyHost(ca.server(), new Behaviour.Answer(200, issuer.jwks()));
  }

  @AfterEach
  void stop() {
    if (refresh != null) {
      refresh.close();
    }
    host.close();
  }

  private KeyServer server() {
    return new KeyServer(
        new KeySource.OverHttps(host.uri(), Optional.of(dir.resolve("ca.pem"))),
        Duration.ofSeconds(2));
  }

  private void follow(Duration every) {
    refresh = new KeysOverHttps(server(), keys, every, PAUSE);
    refresh.start();
  }

  @Test
  void getsTheKeysOfAServerThatItsAuthorityVouchesFor() throws Exception {
    assertEquals(issuer.jwks(), server().ask());
  }

  @Test
  void takesNoKeysFromAServerThatNobodyVouchesFor() throws IOException {
    MintedCertificate.writeCertificates(dir.resolve("ca.pem"), List.of(new TestCa().certificate()));

    var refused = assertThrows(KeysRefused.class, () -> server().ask());

    assertEquals("its server cannot be reached or trusted", refused.problem());
    assertEquals(0, host.asked());
  }

  @Test
  void followsNoRedirect() {
    host.behave(new Behaviour.Redirect(host.uri()));

    var refused = assertThrows(KeysRefused.class, () -> server().ask());

    assertEquals("its server answers with HTTP 302", refused.problem());
    assertEquals(1, host.asked());
  }

  @Test
  void readsNoAnswerWithoutEnd() {
    host.behave(new Behaviour.Endless());

    assertThrows(KeysRefused.class, () -> server().ask());
  }

  @Test
  void givesUpOnAServerThatTrickles() {
    host.behave(new Behaviour.Trickle());

    var refused = assertThrows(KeysRefused.class, () -> server().ask());

    assertEquals("its server does not answer within 2 s", refused.problem());
  }

  @Test
  void looksForNewKeysEverySoOften() throws Exception {
    follow(PAUSE);
    await(() -> keys.changes() == 1);

    issuer.rotate("es-2");
    host.serve(issuer.jwks());

    await(() -> keys.changes() == 2);
  }

  @Test
  void looksForNewKeysWhenOneIsWantedAndNotMoreOftenThanItMay() throws Exception {
    follow(NEVER);
    await(() -> keys.changes() == 1);
    var begin = System.nanoTime();

    while (System.nanoTime() - begin < 5 * PAUSE.toNanos()) {
      refresh.wanted();
    }

    var asked = host.asked();
    assertTrue(asked >= 3 && asked <= 7, "asked " + asked + " times");
    assertEquals(1, keys.changes());
  }

  @Test
  void losesNoWishThatComesTooSoon() throws Exception {
    follow(NEVER);
    await(() -> keys.changes() == 1);

    issuer.rotate("es-2");
    host.serve(issuer.jwks());
    refresh.wanted();

    await(() -> keys.changes() == 2);
  }

  @Test
  void keepsTheLastGoodKeysWhateverTheServerDoes() throws Exception {
    follow(PAUSE);
    await(() -> keys.changes() == 1);
    var good = keys.current();

    for (var bad :
        List.of(
            new Behaviour.Answer(500, "oops"),
            new Behaviour.Answer(200, "{\"keys\":[]}"),
            new Behaviour.Answer(200, "<html>sign in</html>"),
            new Behaviour.Answer(200, issuer.jwks().substring(0, 40)))) {
      var failures = keys.failures();
      host.behave(bad);
      await(() -> keys.failures() > failures);
      assertSame(good, keys.current());
    }

    host.serve(issuer.jwks());
    await(keys::isRenewed);
    assertSame(good, keys.current());
  }

  @Test
  void comesToItsKeysWhenTheServerIsThereAtLast() throws Exception {
    host.behave(new Behaviour.Answer(503, ""));
    follow(NEVER);
    await(() -> keys.failures() > 1);
    assertEquals(0, keys.current().size());

    host.serve(issuer.jwks());

    await(() -> keys.current().size() == 1);
  }
}
