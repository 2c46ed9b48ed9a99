package dev.keyservice.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IssuersFileTest {
  private static final String GOOD =
      """
      issuers:
        - issuer: https://idp.example
          jwks: https://idp.example/jwks.json
          ca: idp-ca.pem
          algorithms: [ES256, EdDSA]
          audience: [keyservice]
          type: [AT+JWT, none]
          max-age: 1h
          max-lifetime: 2h
          skew: 2s
          refresh: 1m
          require-cnf: true
          groups-claim: roles
      """;

  @TempDir Path dir;

  private TokenIssuer issuer(String yaml) throws IOException {
    return IssuersFile.load(Files.writeString(dir.resolve("issuers.yaml"), yaml)).getFirst();
  }

  @Test
  void readsEverythingThatAnIssuerCanSay() throws IOException {
    var issuer = issuer(GOOD);

    assertEquals("https://idp.example", issuer.issuer());
    assertEquals(
        new KeySource.OverHttps(
            java.net.URI.create("https://idp.example/jwks.json"),
            Optional.of(dir.resolve("idp-ca.pem").toAbsolutePath())),
        issuer.source());
    assertEquals(Set.of(TokenAlgorithm.ES256, TokenAlgorithm.EDDSA), issuer.algorithms());
    assertEquals(Set.of("at+jwt", "none"), issuer.types());
    assertEquals(Duration.ofHours(1), issuer.maxAge());
    assertEquals(Duration.ofHours(2), issuer.maxLifetime());
    assertEquals(Duration.ofSeconds(2), issuer.skew());
    assertEquals(Duration.ofMinutes(1), issuer.refresh());
    assertEquals(true, issuer.requireConfirmation());
    assertEquals("roles", issuer.groupsClaim());
  }

  @Test
  void needsFiveThingsAndHasADefaultForTheOthers() throws IOException {
    var issuer =
        issuer(
            """
            issuers:
              - issuer: https://idp.example
                jwks: jwks.json
                algorithms: [RS256]
                audience: [keyservice]
                type: [JWT]
            """);

    assertEquals(new KeySource.InFile(dir.resolve("jwks.json").toAbsolutePath()), issuer.source());
    assertEquals(Duration.ofDays(1), issuer.maxAge());
    assertEquals(Duration.ofDays(1), issuer.maxLifetime());
    assertEquals(Duration.ofSeconds(5), issuer.skew());
    assertEquals(Duration.ofMinutes(5), issuer.refresh());
    assertEquals(false, issuer.requireConfirmation());
    assertEquals("groups", issuer.groupsClaim());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "issuer: https://idp.example | issuer: https://idp.example#a | issuers[0].issuer: must be 1 to 255 printable ASCII characters without space and '#'",
        "issuer: https://idp.example | issuer: 'two words' | issuers[0].issuer: must be 1 to 255 printable ASCII characters without space and '#'",
        "issuer: https://idp.example | isuer: https://idp.example | issuers[0].isuer: there is no such field; known are algorithms, audience, ca, groups-claim, issuer, jwks, max-age, max-lifetime, refresh, require-cnf, skew, type",
        "https://idp.example/jwks.json | http://idp.example/jwks.json | issuers[0].jwks: must be a file or an https URL without user or fragment",
        "https://idp.example/jwks.json | https://me@idp.example/jwks.json | issuers[0].jwks: must be a file or an https URL without user or fragment",
        "ca: idp-ca.pem | 'ca: \"a\\0b\"' | issuers[0].ca: is not the name of a file",
        "https://idp.example/jwks.json | jwks.json | issuers[0].ca: is for keys that come over https",
        "[ES256, EdDSA] | [ES256, HS256] | issuers[0].algorithms[1]: must be one of RS256, PS256, ES256, EdDSA",
        "[ES256, EdDSA] | [none] | issuers[0].algorithms[0]: must be one of RS256, PS256, ES256, EdDSA",
        "[ES256, EdDSA] | [] | issuers[0].algorithms: must be a list with at least one entry",
        "'    audience: [keyservice]\n' | '' | issuers[0]: must have the field 'audience'",
        "skew: 2s | skew: 6s | 'issuers[0].skew: must be from 0s to 5s'",
        "max-age: 1h | max-age: soon | 'issuers[0].max-age: ''soon'' is no duration; give a number with s, m, h or d, such as 10s'",
        "require-cnf: true | require-cnf: maybe | issuers[0].require-cnf: must be true or false",
      })
  void refusesWhatItDoesNotUnderstandByItsPlace(String before, String after, String problem)
      throws IOException {
    var file = dir.resolve("issuers.yaml");
    var yaml = GOOD.replace(before, after == null ? "" : after);

    var refused = assertThrows(SettingRefused.class, () -> issuer(yaml));

    assertEquals("KEYSERVICE_ISSUERS_FILE: " + file + ": " + problem, refused.getMessage());
  }

  @Test
  void refusesAnIssuerThatIsThereTwice() {
    var entry = GOOD.substring(GOOD.indexOf('\n') + 1);

    var refused = assertThrows(SettingRefused.class, () -> issuer(GOOD + entry));

    assertEquals(
        "KEYSERVICE_ISSUERS_FILE: "
            + dir.resolve("issuers.yaml")
            + ": issuers[1].issuer: is there twice",
        refused.getMessage());
  }
}
