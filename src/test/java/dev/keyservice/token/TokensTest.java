package dev.keyservice.token;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.BadTokens;
import dev.keyservice.testing.SetClock;
import dev.keyservice.testing.TestIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctetKeyPairJsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class TokensTest {
  private static final String ISSUER = "https://idp.example";

  @TempDir Path dir;

  private final TestIssuer issuer = new TestIssuer(ISSUER);
  private final SetClock clock = new SetClock();
  private final Tokens tokens = new Tokens(clock);

  @BeforeEach
  void accept() throws IOException {
    tokens.accept(issuers(""));
  }

  @AfterEach
  void close() {
    tokens.close();
  }

  private Path issuers(String more) throws IOException {
    issuer.writeJwks(dir.resolve("jwks.json"));
    return Files.writeString(
        dir.resolve("issuers.yaml"),
        """
        issuers:
          - issuer: %s
            jwks: jwks.json
            algorithms: [RS256, PS256, ES256, EdDSA]
            audience: [keyservice, kms]
            type: [at+jwt]
        """
                .formatted(ISSUER)
            + more.indent(4));
  }

  private void acceptWith(String more) throws IOException {
    tokens.close();
    tokens.accept(issuers(more));
  }

  private VerifiedToken verify(String token) {
    return tokens.verify(token, () -> {});
  }

  private String refusal(String token) {
    return assertThrows(TokenRefused.class, () -> verify(token)).why();
  }

  @Test
  void saysWhoATokenSpeaksOf() {
    var token =
        issuer.token("alice", draft -> draft.claim("groups", List.of("operators", "people")));

    var verified = verify(token);

    assertEquals(ISSUER, verified.issuer());
    assertEquals("alice", verified.subject());
    assertEquals(Set.of("operators", "people"), verified.groups());
    assertEquals(Optional.empty(), verified.confirmation());
  }

  static Stream<PublicJsonWebKey> keys() {
    return Stream.of(TestIssuer.rsa("rsa"), TestIssuer.ec("ec"), TestIssuer.ed25519("ed"));
  }

  @ParameterizedTest
  @CsvSource({"rsa,RS256", "rsa,PS256", "ec,ES256", "ed,EdDSA"})
  void verifiesEveryAlgorithm(String kid, String algorithm) throws IOException {
    var keys =
        Map.of(
            "rsa",
            TestIssuer.rsa("rsa"),
            "ec",
            TestIssuer.ec("ec"),
            "ed",
            TestIssuer.ed25519("ed"));
    keys.values().forEach(issuer::add);
    acceptWith("");

    var token = issuer.token("alice", draft -> draft.signedBy(keys.get(kid), algorithm));

    assertEquals("alice", verify(token).subject());
  }

  @Test
  void refusesAnAlgorithmToWhichItsIssuerIsNotPinned() throws IOException {
    var rsa = TestIssuer.rsa("rsa");
    issuer.add(rsa);
    issuer.writeJwks(dir.resolve("jwks.json"));
    var pinned = Files.readString(issuers("")).replace("RS256, PS256, ES256, EdDSA", "PS256");
    tokens.close();
    tokens.accept(Files.writeString(dir.resolve("issuers.yaml"), pinned));

    assertEquals(
        "alice", verify(issuer.token("alice", draft -> draft.signedBy(rsa, "PS256"))).subject());
    assertEquals(
        "the token's algorithm is not one of its issuer's",
        refusal(issuer.token("alice", draft -> draft.signedBy(rsa, "RS256"))));
  }

  @TestFactory
  Stream<DynamicTest> refusesATokenThatIsBad() {
    // A confirmation is for the caller to be compared with, so it is no fault of the token here.
    return BadTokens.of(issuer, "alice").entrySet().stream()
        .filter(bad -> !bad.getKey().equals("cnf of another certificate"))
        .map(bad ->
            DynamicTest.dynamicTest(
                bad.getKey(),
                () -> {
                  var why = refusal(bad.getValue());
                  assertTrue(why.contains("the token"), why);
                  assertEquals(why, refusal(bad.getValue()), "again, from memory");
                }));
  }

  @ParameterizedTest
  @CsvSource({"4,true", "6,false"})
  void allowsFiveSecondsForClocksThatDiffer(int seconds, boolean accepted) {
    var now = clock.instant();
    var ahead = issuer.token("ahead", draft -> draft.issued(now.plusSeconds(seconds)));
    var over =
        issuer.token(
            "over",
            draft -> {
              draft.issued(now.minusSeconds(600));
              draft.expires(now.minusSeconds(seconds));
            });

    if (accepted) {
      assertEquals("ahead", verify(ahead).subject());
      assertEquals("over", verify(over).subject());
    } else {
      assertEquals("the token is not valid yet", refusal(ahead));
      assertEquals("the token has expired", refusal(over));
    }
  }

  @Test
  void knowsATokenUntilItExpires() {
    var token =
        issuer.token(
            "alice",
            draft -> {
              draft.issued(clock.instant());
              draft.expires(clock.instant().plusSeconds(60));
            });
    var asked = new AtomicInteger();
    var first = tokens.verify(token, asked::incrementAndGet);

    assertSame(first, tokens.verify(token, asked::incrementAndGet));
    assertEquals(1, asked.get());
    assertEquals(1, tokens.verified());

    clock.advance(Duration.ofSeconds(66));
    assertEquals("the token has expired", refusal(token));
  }

  @Test
  void knowsATokenNoLongerThanItsGreatestAge() throws IOException {
    acceptWith("max-age: 1m\nskew: 0s");
    var token =
        issuer.token(
            "alice",
            draft -> {
              draft.issued(clock.instant());
              draft.expires(clock.instant().plusSeconds(600));
            });
    assertEquals(clock.instant().getEpochSecond() + 60, verify(token).end().getEpochSecond());

    clock.advance(Duration.ofSeconds(62));

    assertEquals("the token is too old", refusal(token));
  }

  private void publish(PublicJsonWebKey... keys) throws Exception {
    var next =
        Files.writeString(
            dir.resolve("next.json"),
            new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
    Files.move(next, dir.resolve("jwks.json"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void knowsATokenAsLongAsItsIssuerHasTheKeyThatSignedIt() throws Exception {
    var token = issuer.token("alice");
    var first = verify(token);

    publish(TestIssuer.ec("another"), issuer.key());
    awaitChanges(2);

    assertSame(first, tokens.verify(token, TokensTest::closed));
    assertSame(first, tokens.verify(token, TokensTest::closed));
    assertEquals(1, tokens.verified());
  }

  @Test
  void knowsNoTokenWhoseKeyGaveItsNameToAnother() throws Exception {
    var token = issuer.token("alice");
    var _ = verify(token);

    publish(TestIssuer.ec(issuer.key().getKeyId()));
    awaitChanges(2);

    assertEquals("the token's signature is not that of its issuer", refusal(token));
  }

  @Test
  void knowsNoTokenWhoseKeyIsNotTheOnlyOneOfItsNameAnyMore() throws Exception {
    var token = issuer.token("alice");
    var _ = verify(token);

    publish(issuer.key(), TestIssuer.ec(issuer.key().getKeyId()));
    awaitChanges(2);

    assertEquals("the token does not say which key of its issuer signed it", refusal(token));
  }

  @Test
  void knowsNoTokenWhoseKeyIsForAnotherAlgorithmNow() throws Exception {
    var token = issuer.token("alice");
    var _ = verify(token);

    var changed =
        PublicJsonWebKey.Factory.newPublicJwk(
            issuer.key().toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
    changed.setAlgorithm("ES384");
    publish(changed);
    awaitChanges(2);

    assertEquals("the token's key is not known", refusal(token));
  }

  private static void closed() {
    throw new IllegalStateException("closed");
  }

  @Test
  void knowsNoTokenWhoseKeyWasTakenBack() throws Exception {
    var token = issuer.token("alice");
    var _ = verify(token);

    issuer.rotate("es-2");
    issuer.writeJwks(dir.resolve("jwks.json"));
    awaitChanges(2);

    assertEquals("the token's key is not known", refusal(token));
    assertEquals("bob", verify(issuer.token("bob")).subject());
  }

  @Test
  void keepsItsKeysWhenTheFileIsBroken() throws Exception {
    var token = issuer.token("alice");

    Files.writeString(dir.resolve("jwks.json"), "{\"keys\": [");
    await(() -> status().failures() == 1);

    assertEquals("alice", verify(token).subject());
    assertEquals(1, status().changes());
  }

  @Test
  void takesNoPrivateOrSymmetricKeyForOneOfTheIssuers() {
    assertThrows(
        KeysRefused.class,
        () ->
            KeySet.parse(
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"));
    var secret = issuer.key().toJson(org.jose4j.jwk.JsonWebKey.OutputControlLevel.INCLUDE_PRIVATE);
    assertThrows(KeysRefused.class, () -> KeySet.parse("{\"keys\":[" + secret + "]}"));
    assertThrows(KeysRefused.class, () -> KeySet.parse("{\"keys\":[]}"));
    assertThrows(KeysRefused.class, () -> KeySet.parse("[".repeat(500_000)));
  }

  @Test
  void takesNoKeyThatIsForSomethingElse() throws Exception {
    var agreement = OkpJwkGenerator.generateJwk(OctetKeyPairJsonWebKey.SUBTYPE_X25519);
    var encryption = TestIssuer.rsa("encryption");
    encryption.setKeyOps(List.of("encrypt"));
    issuer.add(agreement);
    issuer.add(encryption);

    assertEquals(1, KeySet.parse(issuer.jwks()).size());
  }

  @Test
  void refusesATokenThatDoesNotSayWhichOfTwoKeysSignedIt() throws IOException {
    issuer.add(TestIssuer.ec("es-2"));
    acceptWith("");

    assertEquals(
        "the token does not say which key of its issuer signed it",
        refusal(issuer.token("alice", draft -> draft.header("kid", null))));
  }

  @Test
  void takesTheOnlyKeyForATokenThatDoesNotSayWhich() {
    assertEquals(
        "alice", verify(issuer.token("alice", draft -> draft.header("kid", null))).subject());
  }

  @Test
  void doesNotUseAKeyForAnotherAlgorithmThanItIsFor() throws IOException {
    var rsa = TestIssuer.rsa("rsa");
    rsa.setAlgorithm("PS256");
    issuer.add(rsa);
    acceptWith("");

    assertEquals(
        "the token's key is not known",
        refusal(issuer.token("alice", draft -> draft.signedBy(rsa, "RS256"))));
  }

  @Test
  void keepsTheSubjectsOfTwoIssuersApart() throws IOException {
    var other = new TestIssuer("https://other.example");
    other.writeJwks(dir.resolve("other.json"));
    acceptWith("");
    tokens.close();
    tokens.accept(
        Files.writeString(
            dir.resolve("two.yaml"),
            Files.readString(dir.resolve("issuers.yaml"))
                + "  - issuer: https://other.example\n"
                + "    jwks: other.json\n"
                + "    algorithms: [ES256]\n"
                + "    audience: [keyservice]\n"
                + "    type: [at+jwt, none]\n"));

    assertEquals("https://other.example", verify(other.token("alice")).issuer());
    assertEquals(ISSUER, verify(issuer.token("alice")).issuer());
    // Signed with the key of the one, in the name of the other.
    assertEquals(
        "the token's signature is not that of its issuer",
        refusal(other.token("alice", draft -> draft.claim("iss", ISSUER))));
    assertEquals(
        "alice", verify(other.token("alice", draft -> draft.header("typ", null))).subject());
  }

  @Test
  void takesMediaTypesForWhatTheyAre() {
    for (var type : List.of("AT+JWT", "application/at+jwt", "Application/At+Jwt")) {
      assertEquals(
          "alice", verify(issuer.token("alice", draft -> draft.header("typ", type))).subject());
    }
  }

  @Test
  void readsGroupsFromTheClaimThatItsIssuerHasForThem() throws IOException {
    acceptWith("groups-claim: https://idp.example/roles");

    var token =
        issuer.token(
            "alice",
            draft -> {
              draft.claim("groups", List.of("wrong"));
              draft.claim("https://idp.example/roles", "operators");
            });

    assertEquals(Set.of("operators"), verify(token).groups());
  }

  @Test
  void refusesATokenWithoutConfirmationWhereItsIssuerAlwaysGivesOne() throws IOException {
    acceptWith("require-cnf: true");

    assertEquals("the token is not bound to a certificate", refusal(issuer.token("alice")));
    assertEquals(
        Optional.of("thumb"),
        verify(issuer.token("alice", draft -> draft.claim("cnf", Map.of("x5t#S256", "thumb"))))
            .confirmation());
  }

  @Test
  void opensTheGateOnlyForWhatItDoesNotKnow() {
    var token = issuer.token("alice");
    var _ = verify(token);

    assertEquals("alice", tokens.verify(token, TokensTest::closed).subject());
    assertThrows(
        IllegalStateException.class, () -> tokens.verify(issuer.token("bob"), TokensTest::closed));
  }

  @Test
  void forgetsATokenThatHasEnded() throws Exception {
    try (var fresh = new Tokens(Clock.systemUTC())) {
      fresh.accept(issuers(""));
      var ending =
          issuer.token(
              "alice",
              draft -> {
                draft.issued(Instant.now().minusSeconds(60));
                draft.expires(Instant.now().minusSeconds(2)); // and the skew
              });
      var lasting = issuer.token("bob");

      var _ = fresh.verify(ending, () -> {});
      var _ = fresh.verify(lasting, () -> {});

      await(() -> fresh.known() == 1);
    }
  }

  @Test
  void knowsFewerTokensTheMoreTheySay() throws Exception {
    try (var fresh = new Tokens(Clock.systemUTC(), 4 << 10)) {
      fresh.accept(issuers(""));
      for (var i = 0; i < 8; i++) {
        var groups = List.of("a".repeat(500), "b".repeat(500));
        var token = issuer.token("alice", draft -> draft.claim("groups", groups));

        assertEquals("alice", fresh.verify(token, () -> {}).subject());
      }

      assertEquals(1, fresh.known());
    }
  }

  @Test
  void waitsForNoPipeThatTakesThePlaceOfTheKeys() throws Exception {
    var pipe = dir.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());

    Files.move(pipe, dir.resolve("jwks.json"), StandardCopyOption.ATOMIC_MOVE);

    await(() -> status().failures() > 0);

    assertEquals("alice", verify(issuer.token("alice")).subject());
  }

  @Test
  void acceptsNoTokenBeforeItIsToldWhose() {
    try (var fresh = new Tokens(Clock.systemUTC())) {
      var refused =
          assertThrows(TokenRefused.class, () -> fresh.verify(issuer.token("alice"), () -> {}));

      assertEquals("the token's issuer is not known", refused.why());
    }
  }

  private Tokens.IssuerStatus status() {
    return tokens.issuers().get(ISSUER);
  }

  private void awaitChanges(long changes) throws InterruptedException {
    await(() -> status().changes() == changes);
  }
}
