package dev.keyservice.token;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import dev.keyservice.testing.TestIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// Whatever an issuer may have signed is believed within bounds or refused in words, and nothing is
/// believed that it has not.
class TokenFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("bearer tokens");

  private static final String ISSUER = "https://idp.example";
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Tokens TOKENS = new Tokens(Clock.fixed(NOW, ZoneOffset.UTC));
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  @TempDir static Path directory;
  private static PrivateKey key;

  @BeforeAll
  static void accept() throws IOException {
    var issuer = new TestIssuer(ISSUER);
    var pair = TestIssuer.ed25519("ed");
    issuer.add(pair);
    key = pair.getPrivateKey();
    issuer.writeJwks(directory.resolve("jwks.json"));
    TOKENS.accept(
        Files.writeString(
            directory.resolve("issuers.yaml"),
            """
            issuers:
              - issuer: %s
                jwks: jwks.json
                algorithms: [ES256, EdDSA]
                audience: [keyservice]
                type: [at+jwt]
            """
                .formatted(ISSUER)));
  }

  @AfterAll
  static void close() {
    TOKENS.close();
  }

  /// The input is the header, a line feed, and the claims.
  @DictionaryEntries({
    "\"iss\":\"https://idp.example\"",
    "\"sub\":",
    "\"aud\":",
    "\"iat\":1800000000",
    "\"exp\":1800000600",
    "\"nbf\":",
    "\"groups\":[",
    "\"cnf\":{\"x5t#S256\":",
    "\"crit\":[",
    "\"b64\":false",
    "\"jwk\":{",
    "\"alg\":\"none\"",
    "\"alg\":\"ES256\""
  })
  @FuzzTest
  void believesOnlyWhatWasSigned(byte[] input) throws GeneralSecurityException {
    FUZZING.count();
    var end = lineFeed(input);
    var signed =
        BASE64.encodeToString(Arrays.copyOf(input, end))
            + "."
            + BASE64.encodeToString(
                Arrays.copyOfRange(input, Math.min(end + 1, input.length), input.length));

    verified(signed + "." + BASE64.encodeToString(signature(signed)))
        .ifPresent(TokenFuzzTest::assertBounded);
    assertEquals(Optional.empty(), verified(signed + "." + BASE64.encodeToString(new byte[64])));
    assertEquals(Optional.empty(), verified(signed + "."));
    assertEquals(Optional.empty(), verified(new String(input, US_ASCII)));
  }

  private static int lineFeed(byte[] input) {
    for (var at = 0; at < input.length; at++) {
      if (input[at] == '\n') {
        return at;
      }
    }
    return input.length;
  }

  private static byte[] signature(String signed) throws GeneralSecurityException {
    var signature = Signature.getInstance("Ed25519");
    signature.initSign(key);
    signature.update(signed.getBytes(US_ASCII));
    return signature.sign();
  }

  private static Optional<VerifiedToken> verified(String token) {
    try {
      return Optional.of(TOKENS.verify(token, () -> {}));
    } catch (TokenRefused refused) {
      Reading.assertTold(refused.why());
      return Optional.empty();
    }
  }

  private static void assertBounded(VerifiedToken token) {
    assertEquals(ISSUER, token.issuer());
    assertFalse(token.subject().isEmpty());
    assertTrue(token.subject().codePoints().noneMatch(Character::isISOControl));
    assertTrue(token.end().isAfter(NOW.minusSeconds(5)));
    assertTrue(token.end().isBefore(NOW.plusSeconds(86_400 + 10)));
  }
}
