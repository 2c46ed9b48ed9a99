package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.CryptoKeyName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessPolicyFileTest {
  private static final CryptoKeyName CARDS = new CryptoKeyName("payments", "cards");
  private static final CryptoKeyName OTHER = new CryptoKeyName("hr", "salaries");

  @TempDir Path dir;

  private AccessPolicy policy(String yaml) throws IOException {
    return AccessPolicyFile.load(Files.writeString(dir.resolve("policy.yaml"), yaml));
  }

  private static final String POLICY =
      """
      roles:
        writer: [keys.create, crypto.encrypt]
      bindings:
        - name: payments-service
          callers: ["cn:payments", "spiffe://prod.example/ns/pay/sa/api"]
          roles: [encrypter, decrypter]
          keys: ["payments/*"]
        - name: writers
          callers: ["cn:writer"]
          roles: [writer]
          keys: ["hr/salaries"]
        - name: operators
          callers: ["cn:ops"]
          roles: [key-admin]
          keys: ["*/*"]
      """;

  @Test
  void grantsWhatABindingSaysAndNothingElse() throws IOException {
    var policy = policy(POLICY);

    assertTrue(policy.allows("cn:payments", Permission.CRYPTO_ENCRYPT, CARDS));
    assertTrue(
        policy.allows("spiffe://prod.example/ns/pay/sa/api", Permission.CRYPTO_DECRYPT, CARDS));
    assertFalse(policy.allows("cn:payments", Permission.CRYPTO_ENCRYPT, OTHER));
    assertFalse(policy.allows("cn:payments", Permission.KEYS_VIEW, CARDS));
    assertFalse(policy.allows("cn:stranger", Permission.CRYPTO_ENCRYPT, CARDS));
    assertFalse(policy.allows("payments", Permission.CRYPTO_ENCRYPT, CARDS));
  }

  @Test
  void knowsTheCallersOfAServiceWithoutTls() throws IOException {
    var policy =
        policy(
            "bindings:\n  - {name: a, callers: ['insecure:local'], roles: [viewer], keys: ['*/*']}");

    assertTrue(policy.allows("insecure:local", Permission.KEYS_VIEW, CARDS));
    assertFalse(policy.allows("cn:insecure:local", Permission.KEYS_VIEW, CARDS));
  }

  @Test
  void rolesOfOnesOwnGrantTheirPermissions() throws IOException {
    var policy = policy(POLICY);

    assertTrue(policy.allows("cn:writer", Permission.KEYS_CREATE, OTHER));
    assertFalse(policy.allows("cn:writer", Permission.CRYPTO_DECRYPT, OTHER));
  }

  @Test
  void whoManagesKeysCannotUseThem() throws IOException {
    var policy = policy(POLICY);

    assertTrue(policy.allows("cn:ops", Permission.KEYS_CREATE, CARDS));
    assertFalse(policy.allowsSomewhere("cn:ops", Permission.CRYPTO_ENCRYPT));
    assertFalse(policy.allowsSomewhere("cn:ops", Permission.CRYPTO_DECRYPT));
  }

  @Test
  void aPermissionOnOnePatternIsHeldSomewhere() throws IOException {
    var policy = policy(POLICY);

    assertTrue(policy.allowsSomewhere("cn:payments", Permission.CRYPTO_ENCRYPT));
    assertFalse(policy.allowsSomewhere("cn:stranger", Permission.CRYPTO_ENCRYPT));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "an unknown role | - {name: a, callers: ['cn:a'], roles: [king], keys: ['*/*']} | bindings[0].roles: there is no role 'king'; known are decrypter, encrypter, key-admin, operator, viewer",
        "an unknown field | - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['*/*'], extra: 1} | bindings[0].extra: there is no such field; known are callers, keys, name, roles",
        "no callers | - {name: a, roles: [viewer], keys: ['*/*']} | bindings[0].callers: must be a list with at least one entry",
        "no keys | - {name: a, callers: ['cn:a'], roles: [viewer], keys: []} | bindings[0].keys: must be a list with at least one entry",
        "a caller without a kind | - {name: a, callers: [alice], roles: [viewer], keys: ['*/*']} | bindings[0].callers: 'alice' must be cn:NAME or spiffe://DOMAIN/PATH",
        "another insecure caller | - {name: a, callers: ['insecure:remote'], roles: [viewer], keys: ['*/*']} | bindings[0].callers: 'insecure:remote' must be cn:NAME or spiffe://DOMAIN/PATH",
        "a malformed key | - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['ring']} | bindings[0].keys: 'ring' must be RING/KEY; '*' stops at '/'",
        "a number for a role | - {name: a, callers: ['cn:a'], roles: [1], keys: ['*/*']} | bindings[0].roles[0]: must be text",
        "no name | - {callers: ['cn:a'], roles: [viewer], keys: ['*/*']} | bindings[0].name: must be 1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'",
      })
  void refusesABindingWith(String what, String binding, String message) {
    assertRefused("bindings:\n  " + binding, message);
  }

  @Test
  void refusesAnUnknownPermissionInARole() {
    assertRefused(
        "roles:\n  r: [keys.steal]\nbindings: []",
        "roles.r: there is no permission 'keys.steal'; known are keys.create, keys.view,"
            + " crypto.encrypt, crypto.decrypt, reflection.use");
  }

  @Test
  void refusesANewMeaningOfABuiltInRole() {
    assertRefused(
        "roles:\n  viewer: [keys.create]\nbindings: []",
        "roles.viewer: is the name of a built-in role");
  }

  @Test
  void refusesTwoBindingsOfOneName() {
    var binding = "  - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['*/*']}\n";
    assertRefused("bindings:\n" + binding + binding, "bindings[1].name: 'a' is used twice");
  }

  @Test
  void refusesAnUnknownTopLevelField() {
    assertRefused("binding: []", "binding: there is no such field; known are bindings, roles");
  }

  @Test
  void refusesAFieldThatIsGivenTwice() throws IOException {
    var refused = assertThrows(SettingRefused.class, () -> policy("bindings: []\nbindings: []\n"));

    assertTrue(refused.getMessage().contains("is not valid YAML"), refused.getMessage());
  }

  @Test
  void refusesAnObjectOfAClass() {
    assertThrows(
        SettingRefused.class, () -> policy("bindings: !!java.net.URL ['http://localhost/']\n"));
  }

  @Test
  void saysHowToMakeAPolicyThatIsMissing() {
    var refused =
        assertThrows(
            SettingRefused.class, () -> AccessPolicyFile.load(dir.resolve("missing.yaml")));

    assertEquals("KEYSERVICE_POLICY_FILE", refused.setting());
    assertTrue(refused.getMessage().contains("keyservice init"), refused.getMessage());
  }

  private void assertRefused(String yaml, String message) {
    var refused = assertThrows(SettingRefused.class, () -> policy(yaml));
    assertEquals(
        "KEYSERVICE_POLICY_FILE: " + dir.resolve("policy.yaml") + ": " + message,
        refused.getMessage());
  }
}
