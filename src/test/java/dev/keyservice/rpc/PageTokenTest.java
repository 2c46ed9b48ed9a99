package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.crypto.XAes256Gcm;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import dev.keyservice.testing.Callers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTokenTest {
  private static final Caller CALLER = Callers.of("cn:app");
  private static final String QUERY = "keyRings/ring";
  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private final XAes256Gcm aead = new XAes256Gcm(SecretBytes.random(32));
  private final PageToken tokens = new PageToken(() -> aead);

  @ParameterizedTest
  @ValueSource(strings = {"a", "ab", "abc", "ä"})
  void redeemsWhatItIssued(String last) {
    var token = tokens.issue(CALLER, QUERY, Optional.of(last));

    assertEquals(Optional.of(last), tokens.redeem(CALLER, QUERY, token));
  }

  @Test
  void isEmptyBeforeTheFirstPageAndAfterTheLast() {
    assertEquals(Optional.empty(), tokens.redeem(CALLER, QUERY, ""));
    assertEquals("", tokens.issue(CALLER, QUERY, Optional.empty()));
  }

  @Test
  void redeemsATokenForNobodyElseAndForNoOtherList() {
    var token = tokens.issue(CALLER, QUERY, Optional.of("key"));

    assertRefused(Callers.of("cn:other"), QUERY, token);
    assertRefused(CALLER, "keyRings/ring?labels.env:*", token);
  }

  /// With one, two and no letters left over from a group of four.
  @ParameterizedTest
  @ValueSource(strings = {"a", "ab", "abc"})
  void redeemsATokenInNoOtherSpelling(String last) {
    var token = tokens.issue(CALLER, QUERY, Optional.of(last));

    for (var i = 0; i < LETTERS.length(); i++) {
      var other = token.substring(0, token.length() - 1) + LETTERS.charAt(i);
      if (!other.equals(token)) {
        assertRefused(CALLER, QUERY, other);
      }
    }
    for (var other : List.of(token + "=", token + "==", token + "\n", " " + token)) {
      assertRefused(CALLER, QUERY, other);
    }
  }

  private void assertRefused(Caller caller, String query, String token) {
    var refused =
        assertThrows(
            Failure.InvalidArgument.class, () -> tokens.redeem(caller, query, token), token);
    assertEquals("page_token", refused.violations().getFirst().field());
  }
}
