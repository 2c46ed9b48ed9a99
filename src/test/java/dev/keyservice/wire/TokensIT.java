package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TokenInstallation;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WhoAmIResponse.Authentication;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Callers with a bearer token, with and without a certificate.
@Timeout(120)
class TokensIT {
  private static final String POLICY =
      """
      bindings:
        - name: all
          callers: ["cn:all"]
          roles: [key-admin]
          keys: ["*/*"]
        - name: people
          callers: [{issuer: "https://idp.example", group: people}]
          roles: [viewer]
          keys: ["*/*"]
      """;

  private static TokenInstallation installation;
  private static ServiceProcess service;
  private static Management management;
  private Channels channels;

  @BeforeAll
  static void start() {
    installation = TokenInstallation.create();
    installation.write("policy.yaml", POLICY);
    service = installation.start(Map.of("KEYSERVICE_LIMITS_REFUSED_TOKENS", "1/s burst 20"));
    management = Management.of(service);
  }

  @AfterAll
  static void stop() {
    service.close();
    installation.close();
  }

  @BeforeEach
  void connect() {
    channels = new Channels(installation.files(), service.port());
  }

  @AfterEach
  void disconnect() {
    channels.close();
  }

  private static String token(Duration validity) {
    return installation
        .issuer()
        .token(
            "alice",
            draft -> {
              draft.claim("groups", List.of("people", "friends"));
              draft.issued(Instant.now().minusSeconds(60));
              draft.expires(Instant.now().plus(validity));
            });
  }

  @Test
  void aCallerIsToldAsWhomItsTokenMakesItKnown() {
    var token = token(Duration.ofMinutes(5));

    var alone = new Calls(Bearer.on(channels.anonymous(), token)).whoAmI();
    var both = new Calls(Bearer.on(channels.of("app"), token)).whoAmI();

    assertEquals("token:https://idp.example#alice", alone.getCallerId());
    assertEquals("https://idp.example", alone.getIssuer());
    assertEquals("alice", alone.getSubject());
    assertEquals(List.of("friends", "people"), alone.getGroupsList());
    assertEquals(Authentication.TOKEN, alone.getAuthentication());
    assertEquals("", alone.getCommonName());
    assertTrue(alone.getExpireTime().getSeconds() <= Instant.now().getEpochSecond() + 305);
    assertEquals(alone.getCallerId(), both.getCallerId());
    assertEquals(Authentication.TOKEN_AND_CERTIFICATE, both.getAuthentication());
    assertEquals("app", both.getCommonName());
    assertEquals("cn:app", both.getCertificateId());
  }

  @Test
  void theCommandLineSendsTheTokenThatItsFileHolds() throws Exception {
    var file = installation.files().file("token");
    Files.writeString(file, token(Duration.ofMinutes(5)) + "\n");

    var answer = keyservice("whoami");

    assertTrue(answer.contains("token:https://idp.example#alice"), answer);
    Files.writeString(file, installation.issuer().token("bob"));
    assertTrue(keyservice("whoami").contains("token:https://idp.example#bob"));
    Files.writeString(file, token(Duration.ofMinutes(-1)));
    var refused = keyservice("whoami");
    assertTrue(refused.contains("the token has expired"), refused);
    assertTrue(refused.endsWith("exit 4"), refused);
  }

  private static String keyservice(String... arguments) throws Exception {
    var files = installation.files();
    var settings =
        Map.of(
            "KEYSERVICE_ADDRESS", "localhost:" + service.port(),
            "KEYSERVICE_TLS_CA_FILE", files.file("ca.pem").toString(),
            "KEYSERVICE_TOKEN_FILE", files.file("token").toString());
    var ended = Program.run(settings, new byte[0], arguments);
    return ended.said() + "exit " + ended.exitCode();
  }

  @Test
  void aWatchEndsWithItsToken() {
    var watch = watch(token(Duration.ofSeconds(4)));
    assertTrue(watch.next().hasProgress());
    var begin = System.nanoTime();

    var refusal = Refusal.of(watch::next);

    assertEquals(Status.Code.UNAUTHENTICATED, refusal.code());
    assertEquals("TOKEN_REFUSED", refusal.reason());
    assertEquals("the token has expired", refusal.message());
    assertTrue(System.nanoTime() - begin < Duration.ofSeconds(15).toNanos());
  }

  @Test
  void aWatchEndsWhenTheIssuerTakesBackTheKey() {
    var watch = watch(token(Duration.ofMinutes(5)));
    assertTrue(watch.next().hasProgress());

    installation.issuer().rotate("es-" + System.nanoTime());
    installation.issuer().writeJwks(installation.jwks());
    var refusal = Refusal.of(watch::next);

    assertEquals("TOKEN_REFUSED", refusal.reason());
    assertEquals("the token's key is not known", refusal.message());
    var again = new Calls(Bearer.on(channels.anonymous(), token(Duration.ofMinutes(5))));
    assertEquals("token:https://idp.example#alice", again.whoAmI().getCallerId());
  }

  private java.util.Iterator<dev.keyservice.v1.WatchCryptoKeysResponse> watch(String token) {
    return new Calls(Bearer.on(channels.anonymous(), token))
        .watch(WatchCryptoKeysRequest.newBuilder().setParent("keyRings/none").build());
  }

  @Test
  void aCallThatIsCompletedAfterItsTokenHasExpiredIsRefused() throws Exception {
    var half = HalfACall.begin(Bearer.on(channels.anonymous(), token(Duration.ofSeconds(3))));
    TimeUnit.SECONDS.sleep(4);

    var end = half.refused();

    assertEquals(Status.Code.UNAUTHENTICATED, end.getCode());
    assertEquals("the token has expired", end.getDescription());
  }

  @Test
  void aCallThatIsCompletedAfterTheIssuerHasTakenBackTheKeyIsRefused() throws Exception {
    var half = HalfACall.begin(Bearer.on(channels.anonymous(), token(Duration.ofMinutes(5))));
    installation.issuer().rotate("es-" + System.nanoTime());
    installation.issuer().writeJwks(installation.jwks());
    var later = new Calls(Bearer.on(channels.anonymous(), token(Duration.ofMinutes(5))));
    awaitAnswer(later);
    // What was found out when the call began is news for 100 ms.
    TimeUnit.MILLISECONDS.sleep(200);

    var end = half.refused();

    assertEquals(Status.Code.UNAUTHENTICATED, end.getCode());
    assertEquals("the token's key is not known", end.getDescription());
  }

  /// The first token of a new key may come before the service has seen the key.
  private static void awaitAnswer(Calls calls) throws InterruptedException {
    var end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      try {
        var _ = calls.whoAmI();
        return;
      } catch (StatusRuntimeException e) {
        assertTrue(System.nanoTime() < end, e.toString());
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  @Test
  void whoeverShowsTooManyBadTokensIsNotLookedAtAndHurtsNobodyElse() throws Exception {
    var good = token(Duration.ofMinutes(5));
    var known = new Calls(Bearer.on(channels.anonymous(), good));
    var certificate = new Calls(channels.of("all"));
    assertEquals("token:https://idp.example#alice", known.whoAmI().getCallerId());
    var limited = 0;
    for (var i = 0; i < 60; i++) {
      if (isNotLookedAt("a.b." + i)) {
        limited++;
      }
    }
    assertTrue(limited > 20, limited + " limited");

    assertEquals("token:https://idp.example#alice", known.whoAmI().getCallerId());
    assertEquals("cn:all", certificate.whoAmI().getCallerId());
    // It eases from moment to moment: somebody new has to come at the right one.
    var wait = Optional.<Duration>empty();
    var another = known;
    for (var i = 0; wait.isEmpty(); i++) {
      another = new Calls(Bearer.on(channels.anonymous(), token(Duration.ofSeconds(200 + i))));
      var atTheLimit = false;
      while (!atTheLimit) {
        atTheLimit = isNotLookedAt("a.b.c");
      }
      wait = RetryAfter.ifRefused(another::whoAmI);
    }
    assertTrue(wait.get().compareTo(Duration.ofSeconds(1)) <= 0, wait.toString());
    TimeUnit.NANOSECONDS.sleep(wait.get().toNanos());
    assertEquals("token:https://idp.example#alice", another.whoAmI().getCallerId());
    assertTrue(
        management
                .metric(
                    "keyservice_calls_unauthenticated_total", "reason=\"too_many_refused_tokens\"")
                .orElseThrow()
            >= limited);
    TimeUnit.SECONDS.sleep(3); // for the tests after this one
  }

  /// Whether too many were refused before it; else it is refused for what it is.
  private boolean isNotLookedAt(String token) {
    var refusal = Refusal.of(new Calls(Bearer.on(channels.anonymous(), token))::whoAmI);
    if (!refusal.reason().equals("TOO_MANY_REFUSED_TOKENS")) {
      return false;
    }
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, refusal.code());
    return true;
  }

  @Test
  void metricsTellHowTheKeysOfTheIssuerAre() {
    var issuer = "issuer=\"https://idp.example\"";

    assertEquals(1, management.metric("keyservice_issuer_keys", issuer).orElseThrow());
    assertTrue(management.metric("keyservice_issuer_keys_age_seconds", issuer).orElseThrow() >= 0);
    assertEquals(
        0, management.metric("keyservice_issuer_keys_failures_total", issuer).orElseThrow());
  }
}
