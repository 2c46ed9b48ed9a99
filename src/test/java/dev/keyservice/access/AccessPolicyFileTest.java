package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessPolicyFileTest {
  private static final CryptoKeyName CARDS = new CryptoKeyName("payments", "cards");
  private static final CryptoKeyName OTHER = new CryptoKeyName("hr", "salaries");

  @TempDir Path dir;

  private AccessPolicy policy(String yaml) throws IOException {
    return AccessPolicyFile.load(Files.writeString(dir.resolve("policy.yaml"), yaml));
  }

  private static boolean allows(
      AccessPolicy policy, String caller, Permission permission, CryptoKeyName name) {
    return policy.allows(Callers.of(caller), permission, name);
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

    assertTrue(allows(policy, "cn:payments", Permission.CRYPTO_ENCRYPT, CARDS));
    assertTrue(
        allows(policy, "spiffe://prod.example/ns/pay/sa/api", Permission.CRYPTO_DECRYPT, CARDS));
    assertFalse(allows(policy, "cn:payments", Permission.CRYPTO_ENCRYPT, OTHER));
    assertFalse(allows(policy, "cn:payments", Permission.KEYS_VIEW, CARDS));
    assertFalse(allows(policy, "cn:stranger", Permission.CRYPTO_ENCRYPT, CARDS));
    assertFalse(allows(policy, "payments", Permission.CRYPTO_ENCRYPT, CARDS));
  }

  @Test
  void knowsTheCallersOfAServiceWithoutTls() throws IOException {
    var policy =
        policy(
            "bindings:\n  - {name: a, callers: ['insecure:local'], roles: [viewer], keys: ['*/*']}");

    assertTrue(allows(policy, "insecure:local", Permission.KEYS_VIEW, CARDS));
    assertFalse(allows(policy, "cn:insecure:local", Permission.KEYS_VIEW, CARDS));
  }

  @Test
  void rolesOfOnesOwnGrantTheirPermissions() throws IOException {
    var policy = policy(POLICY);

    assertTrue(allows(policy, "cn:writer", Permission.KEYS_CREATE, OTHER));
    assertFalse(allows(policy, "cn:writer", Permission.CRYPTO_DECRYPT, OTHER));
  }

  @Test
  void whoManagesKeysCannotUseThem() throws IOException {
    var policy = policy(POLICY);

    assertTrue(allows(policy, "cn:ops", Permission.KEYS_CREATE, CARDS));
    assertFalse(policy.allowsSomewhere(Callers.of("cn:ops"), Permission.CRYPTO_ENCRYPT));
    assertFalse(policy.allowsSomewhere(Callers.of("cn:ops"), Permission.CRYPTO_DECRYPT));
  }

  @Test
  void aPermissionOnOnePatternIsHeldSomewhere() throws IOException {
    var policy = policy(POLICY);

    assertTrue(policy.allowsSomewhere(Callers.of("cn:payments"), Permission.CRYPTO_ENCRYPT));
    assertFalse(policy.allowsSomewhere(Callers.of("cn:stranger"), Permission.CRYPTO_ENCRYPT));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "an unknown role | - {name: a, callers: ['cn:a'], roles: [king], keys: ['*/*']} | bindings[0].roles: there is no role 'king'; known are auditor, decrypter, encrypter, key-admin, operator, reencrypter, signer, verifier, viewer",
        "an unknown field | - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['*/*'], extra: 1} | bindings[0].extra: there is no such field; known are callers, keys, limits, name, require, roles",
        "no callers | - {name: a, roles: [viewer], keys: ['*/*']} | bindings[0]: must have the field 'callers'",
        "no keys | - {name: a, callers: ['cn:a'], roles: [viewer], keys: []} | bindings[0].keys: must be a list with at least one entry",
        "a caller without a kind | - {name: a, callers: [alice], roles: [viewer], keys: ['*/*']} | bindings[0].callers[0]: 'alice' must be cn:NAME or spiffe://DOMAIN/PATH, or {issuer, subject} or {issuer, group} of a token",
        "another insecure caller | - {name: a, callers: ['insecure:remote'], roles: [viewer], keys: ['*/*']} | bindings[0].callers[0]: 'insecure:remote' must be cn:NAME or spiffe://DOMAIN/PATH, or {issuer, subject} or {issuer, group} of a token",
        "a malformed key | - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['ring']} | bindings[0].keys[0]: 'ring' must be RING/KEY; '*' stops at '/'",
        "a number for a role | - {name: a, callers: ['cn:a'], roles: [1], keys: ['*/*']} | bindings[0].roles[0]: must be text",
        "no name | - {callers: ['cn:a'], roles: [viewer], keys: ['*/*']} | bindings[0]: must have the field 'name'",
        "a name with a space | - {name: a b, callers: ['cn:a'], roles: [viewer], keys: ['*/*']} | bindings[0].name: must be 1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'",
      })
  void refusesABindingWith(String what, String binding, String message) {
    assertRefused("bindings:\n  " + binding, message);
  }

  private static final String REST = " roles: [viewer], keys: ['*/*']";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "no issuer | {subject: a} | bindings[0].callers[0]: must have the field 'issuer'",
        "neither subject nor group | {issuer: i} | bindings[0].callers[0]: must have either 'subject' or 'group' beside the issuer",
        "both subject and group | {issuer: i, subject: s, group: g} | bindings[0].callers[0]: must have either 'subject' or 'group' beside the issuer",
        "an unknown field | {issuer: i, subjct: s} | bindings[0].callers[0].subjct: there is no such field; known are group, issuer, subject",
        "an issuer with a # | {issuer: 'i#s', subject: s} | bindings[0].callers[0].issuer: must have no '#', no space and no control character",
        "an issuer with a space | {issuer: 'i s', subject: s} | bindings[0].callers[0].issuer: must have no '#', no space and no control character",
        "an issuer with a control character | {issuer: \"i\\u0007\", subject: s} | bindings[0].callers[0].issuer: must have no '#', no space and no control character",
        "an empty subject | {issuer: i, subject: ''} | bindings[0].callers[0].subject: must be text",
        "a control character in a subject | {issuer: i, subject: \"s\\u001b\"} | bindings[0].callers[0].subject: must have no control character",
        "a control character in a group | {issuer: i, group: \"g\\n\"} | bindings[0].callers[0].group: must have no control character",
        "a number for a caller | 7 | bindings[0].callers[0]: must be text",
        "the id of a token's caller | 'token:i#s' | bindings[0].callers[0]: 'token:i#s' must be cn:NAME or spiffe://DOMAIN/PATH, or {issuer, subject} or {issuer, group} of a token",
      })
  void refusesACallerWith(String what, String caller, String message) {
    assertRefused("bindings:\n  - {name: a, callers: [" + caller + "]," + REST + "}", message);
  }

  @Test
  void refusesAControlCharacterInTheNameOfACertificate() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () -> policy("bindings:\n  - {name: a, callers: [\"cn:a\\u001b\"]," + REST + "}"));

    assertTrue(refused.getMessage().contains("bindings[0].callers[0]: "), refused.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a limit that is none | limits: [fast] | limits[0]: must be a number of calls and '/s', '/m', '/h' or '/d', and optionally 'burst' and a number, such as 100/s burst 200",
        "no limits | limits: [] | limits: must be a list with at least one entry",
        "limits that are no list | limits: 100/s | limits: must be a list with at least one entry",
        "another demand | require: [certificate, mfa] | require[1]: there is nothing to require but 'certificate'",
        "no demand | require: [] | require: must be a list with at least one entry",
        "a demand that is no list | require: certificate | require: must be a list with at least one entry",
      })
  void refusesABindingThatHas(String what, String field, String message) {
    assertRefused(
        "bindings:\n  - {name: a, callers: ['cn:a']," + REST + ", " + field + "}",
        "bindings[0]." + message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- {name: &a a, callers: ['cn:a'], roles: [viewer], keys: ['*/*']}\n- {name: *a}",
        "- {name: a, callers: [&c 'cn:a', *c], roles: [viewer], keys: ['*/*']}",
        "- {<<: {roles: [key-admin]}, name: a, callers: ['cn:a'], roles: [viewer], keys: ['*/*']}",
        "- {!!merge x: {roles: [viewer]}, name: a, callers: ['cn:a'], keys: ['*/*']}",
      })
  void refusesWhatStandsForSomethingElse(String bindings) {
    var refused = assertThrows(SettingRefused.class, () -> policy("bindings:\n" + bindings));

    assertTrue(refused.getMessage().endsWith("without an alias"), refused.getMessage());
  }

  @Test
  void refusesAPolicyWithoutBindings() {
    assertRefused("roles: {r: [keys.view]}", "must have the field 'bindings'");
    assertRefused("", "must have the field 'bindings'");
    assertRefused("bindings: []", "bindings: must be a list with at least one entry");
    assertRefused("- a", "must be a mapping");
  }

  @Test
  void refusesARoleThatCannotBeNamed() {
    assertRefused(
        "roles:\n  'a b': [keys.view]\nbindings: []",
        "roles.a b: a role's name is 1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'");
    assertRefused(
        "roles:\n  r: []\nbindings: []", "roles.r: must be a list with at least one entry");
  }

  @Test
  void refusesAnUnknownPermissionInARole() {
    assertRefused(
        "roles:\n  r: [keys.steal]\nbindings: []",
        "roles.r: there is no permission 'keys.steal'; known are keys.create, keys.view,"
            + " keys.update, keys.rotate, keys.enable, keys.destroy, crypto.encrypt,"
            + " crypto.decrypt, crypto.reencrypt-from, crypto.reencrypt-to, crypto.sign,"
            + " crypto.verify, access.explain, reflection.use");
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
    assertRefused("bindings:\n" + binding + binding, "bindings[1]: the name 'a' is used twice");
  }

  @Test
  void refusesAnUnknownTopLevelField() {
    assertRefused(
        "binding: []", "binding: there is no such field; known are bindings, roles, trust");
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bindings: !!int abc",
        "bindings: !!float abc",
        "bindings: !!timestamp abc",
        "bindings: !!binary '***'",
        "bindings: !!bool abc",
        "bindings: !!omap [a]",
        "bindings: !!pairs [a]",
        "bindings: !!set [a]",
        "bindings: !!str [a]",
        "bindings: !!map [a]",
        "bindings: !!seq {a: b}",
        "bindings: !!null {a: b}",
        "bindings: 0b",
        "bindings: 2026-13-99",
        "bindings: *a",
        "bindings: &a [*a]",
        "a: &a [1]\nbindings: *a",
        "? [a]\n: b",
        "<<: {bindings: []}",
        "--- a\n--- b",
        "bindings: [",
        "\u0000",
      })
  void refusesOddYamlLikeAnyOther(String yaml) {
    assertThrows(SettingRefused.class, () -> policy(yaml));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"a\\n\\u001b[2J\\u2028b\": 1", "*\u0000", "bindings: 'a\u0007'", "\r*"})
  void saysInOneLineWhatItRefuses(String yaml) {
    var refused = assertThrows(SettingRefused.class, () -> policy(yaml));

    assertTrue(
        refused.getMessage().chars().noneMatch(c -> Character.isISOControl(c) || c == '\u2028'),
        refused.getMessage());
  }

  @Test
  void refusesADeepNest() {
    assertThrows(SettingRefused.class, () -> policy("bindings: " + "[".repeat(100_000)));
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
