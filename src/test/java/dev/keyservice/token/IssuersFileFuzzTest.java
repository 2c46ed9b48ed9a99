package dev.keyservice.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// A file of issuers is refused, or says of each what it has to.
class IssuersFileFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("files of issuers");

  private static final Duration LONGEST = Duration.ofDays(366);

  @TempDir static Path directory;

  @DictionaryEntries({
    "issuers:",
    "issuer:",
    "jwks:",
    "ca:",
    "algorithms:",
    "audience:",
    "type:",
    "max-age:",
    "max-lifetime:",
    "skew:",
    "refresh:",
    "require-cnf:",
    "groups-claim:",
    "https://",
    "RS256",
    "EdDSA",
    "at+jwt"
  })
  @FuzzTest
  void saysOfEachIssuerWhatItHasTo(byte[] yaml) throws IOException {
    FUZZING.count();
    var file = Files.write(directory.resolve("issuers.yaml"), yaml);
    Reading.ofFile("KEYSERVICE_ISSUERS_FILE", file, () -> IssuersFile.load(file))
        .ifPresent(issuers -> {
          assertFalse(issuers.isEmpty());
          assertEquals(
              issuers.size(), issuers.stream().map(TokenIssuer::issuer).distinct().count());
          issuers.forEach(IssuersFileFuzzTest::assertBounded);
        });
  }

  private static void assertBounded(TokenIssuer issuer) {
    assertFalse(issuer.algorithms().isEmpty());
    assertFalse(issuer.audiences().isEmpty());
    assertFalse(issuer.types().isEmpty());
    assertTrue(issuer.maxAge().isPositive() && issuer.maxAge().compareTo(LONGEST) <= 0);
    assertTrue(issuer.maxLifetime().isPositive() && issuer.maxLifetime().compareTo(LONGEST) <= 0);
    assertTrue(!issuer.skew().isNegative() && issuer.skew().compareTo(LONGEST) <= 0);
    assertTrue(issuer.refresh().isPositive());
    if (issuer.source() instanceof KeySource.OverHttps(var uri, var _)) {
      assertEquals("https", uri.getScheme().toLowerCase(Locale.ROOT));
    }
  }
}
