package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.key.CryptoKeyName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyPatternTest {

  @ParameterizedTest(name = "{0} against {1}/{2}: {3}")
  @CsvSource({
    "payments/cards, payments, cards, true",
    "payments/cards, payments, cards2, false",
    "payments/cards, payments, Cards, false",
    "payments/*, payments, cards, true",
    "payments/*, payments2, cards, false",
    "*/*, any, thing, true",
    "*/cards, payments, cards, true",
    "*/cards, payments, wallets, false",
    "pay*/card*, payments, cards, true",
    "pay*/card*, payments, discards, false",
    "*-prod/k*y, eu-prod, key, true",
    "*-prod/k*y, eu-prod, ky, true",
    "*-prod/k*y, eu-test, key, false",
    "r/a*a, r, a, false",
    "r/a*a, r, aa, true",
    "r/a*b*a, r, aba, true",
    "r/a*b*a, r, ab, false",
    "r/a**b, r, ab, true",
    "r/*a*b*, r, xaybz, true",
    "r/*a*b*, r, xbyaz, false",
  })
  void aStarStandsForAnythingButASlash(String pattern, String ring, String key, boolean matches) {
    var parsed = KeyPattern.parse(pattern).orElseThrow();

    assertEquals(matches, parsed.matches(new CryptoKeyName(ring, key)));
  }

  @Test
  void aNameThatACallerChoseCostsNoMoreThanItsLength() {
    var pattern = KeyPattern.parse("r/" + "*a".repeat(30)).orElseThrow();

    assertFalse(pattern.matches(new CryptoKeyName("r", "a".repeat(62) + "b")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "payments",
        "payments/",
        "/cards",
        "a/b/c",
        "a/b.c",
        "a /b",
        "a/?",
        "a/[b]"
      })
  void refusesWhatIsNoPattern(String text) {
    assertTrue(KeyPattern.parse(text).isEmpty());
  }
}
