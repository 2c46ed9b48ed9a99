package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Pem;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyCheckCommandTest {
  private static final String POLICY =
      """
      bindings:
        - name: payments
          callers: ["cn:payments", "spiffe://prod.example/api"]
          roles: [encrypter]
          keys: ["payments/*"]
          limits: [100/s]
        - name: operators
          callers: [{issuer: "https://idp.example", group: operators}]
          roles: [key-admin]
          keys: ["*/*"]
          require: [certificate]
      """;

  @TempDir Path dir;

  private Path policy;

  @BeforeEach
  void write() throws IOException {
    policy = Files.writeString(dir.resolve("policy.yaml"), POLICY);
  }

  private CommandRun.Result check(String... options) {
    var arguments = new ArrayList<>(List.of("policy", "check", policy.toString()));
    arguments.addAll(Arrays.asList(options));
    return new CommandRun().run(arguments.toArray(String[]::new));
  }

  @Test
  void saysWhatAValidPolicyHolds() {
    var result = check();

    assertEquals(0, result.exitCode(), result.err());
    assertEquals(
        "valid: 2 bindings for 3 callers or groups, every CA may vouch for everyone\n",
        result.out());
  }

  @Test
  void saysWhyAServiceWouldRefuseIt() throws IOException {
    Files.writeString(policy, POLICY.replace("key-admin", "king"));

    var result = check();

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: KEYSERVICE_POLICY_FILE: "
            + policy
            + ": bindings[1].roles: there is no role 'king'; known are auditor, decrypter,"
            + " encrypter, key-admin, operator, reencrypter, signer, verifier, viewer\n",
        result.err());
    assertEquals("", result.out());
  }

  private CommandRun.Result against(String old) throws IOException {
    var file = Files.writeString(dir.resolve("old.yaml"), old);
    return check("--against", file.toString());
  }

  private static List<String> changes(CommandRun.Result result) {
    assertEquals(0, result.exitCode(), result.err());
    return result.out().lines().skip(1).map(line -> line.replaceAll(" {2,}", " | ")).toList();
  }

  @Test
  void saysThatNothingChanges() throws IOException {
    var other =
        POLICY.replace(
            "[\"cn:payments\", \"spiffe://prod.example/api\"]",
            "[\"spiffe://prod.example/api\", \"cn:payments\"]");

    assertEquals(List.of("no change"), changes(against(other)));
  }

  @Test
  void showsThatEveryAuthorityIsBelievedAgain() throws IOException {
    var ca = new TestCa("prod");
    Files.writeString(dir.resolve("ca.pem"), Pem.certificates(ca.certificate()));

    var changes = changes(against("trust: [{ca: ca.pem, cn: true}]\n" + POLICY));

    assertEquals(2, changes.size(), changes.toString());
    assertTrue(changes.getFirst().startsWith("- | CA CN=prod"), changes.toString());
    assertEquals("+ | every CA | vouches for everyone", changes.getLast());
  }

  @Test
  void showsEachGrantThatComesAndGoes() throws IOException {
    var old =
        POLICY
            .replace("roles: [encrypter]", "roles: [encrypter, decrypter]")
            .replace(", \"spiffe://prod.example/api\"", "");

    assertEquals(
        List.of(
            "- | cn:payments | crypto.decrypt | payments/* | payments",
            "+ | spiffe://prod.example/api | crypto.encrypt | payments/* | payments",
            "+ | spiffe://prod.example/api | limit 100/s | payments"),
        changes(against(old)));
  }

  @Test
  void showsChangedLimitsAndDemands() throws IOException {
    var old =
        POLICY.replace("[100/s]", "[10/s burst 20]").replace("    require: [certificate]\n", "");

    assertEquals(
        List.of(
            "- | cn:payments | limit 10/s burst 20 | payments",
            "+ | cn:payments | limit 100/s | payments",
            "- | group:https://idp.example#operators | keys.create | */* | operators",
            "+ | group:https://idp.example#operators | keys.create | */* | operators, with a"
                + " certificate",
            "- | group:https://idp.example#operators | keys.destroy | */* | operators",
            "+ | group:https://idp.example#operators | keys.destroy | */* | operators, with a"
                + " certificate",
            "- | group:https://idp.example#operators | keys.enable | */* | operators",
            "+ | group:https://idp.example#operators | keys.enable | */* | operators, with a"
                + " certificate",
            "- | group:https://idp.example#operators | keys.rotate | */* | operators",
            "+ | group:https://idp.example#operators | keys.rotate | */* | operators, with a"
                + " certificate",
            "- | group:https://idp.example#operators | keys.update | */* | operators",
            "+ | group:https://idp.example#operators | keys.update | */* | operators, with a"
                + " certificate",
            "- | group:https://idp.example#operators | keys.view | */* | operators",
            "+ | group:https://idp.example#operators | keys.view | */* | operators, with a"
                + " certificate",
            "- | spiffe://prod.example/api | limit 10/s burst 20 | payments",
            "+ | spiffe://prod.example/api | limit 100/s | payments"),
        changes(against(old)));
  }

  @Test
  void showsWhomAuthoritiesVouchForFromNowOn() throws IOException {
    Files.writeString(dir.resolve("ca.pem"), Pem.certificates(new TestCa("prod").certificate()));
    Files.writeString(
        policy, "trust:\n  - {ca: ca.pem, spiffe: prod.example, cn: true}\n" + POLICY);

    var changes = changes(against(POLICY));

    assertEquals(3, changes.size());
    assertTrue(
        changes.get(0).matches("\\+ \\| CA CN=prod \\| vouches for cn: \\| sha256:[0-9a-f]{64}"),
        changes.get(0));
    assertTrue(
        changes.get(1).contains("| vouches for spiffe://prod.example | sha256:"), changes.get(1));
    assertEquals("- | every CA | vouches for everyone", changes.get(2));
  }

  @Test
  void refusesAnOldPolicyThatIsInvalid() throws IOException {
    var result = against("bindings: 1");

    assertEquals(2, result.exitCode());
    assertTrue(result.err().contains("old.yaml: bindings: must be a list"), result.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cn:payments | crypto.encrypt | payments/cards | 0 | granted by the binding 'payments' on payments/*",
        "cn:payments | crypto.encrypt | hr/salaries | 4 | denied: the permission is granted, but on no pattern that matches this key",
        "cn:payments | keys.view | hr/salaries | 4 | denied: bindings name the caller, but none grants this permission",
        "cn:nobody | keys.view | hr/salaries | 4 | denied: no binding names the caller",
        "token:https://idp.example#cn:payments | crypto.encrypt | payments/cards | 4 | denied: no binding names the caller",
      })
  void decidesForACaller(String caller, String permission, String key, int code, String why) {
    var result = check("--caller", caller, "--permission", permission, "--key", key);

    assertEquals(code, result.exitCode(), result.err());
    assertEquals(List.of(why), result.out().lines().skip(1).toList());
    assertEquals("", result.err());
  }

  @Test
  void decidesForAMemberOfAGroupWithAndWithoutACertificate() {
    var question =
        new String[] {
          "--caller", "token:https://idp.example#bob",
          "--group", "operators",
          "--permission", "keys.create",
          "--with-certificate"
        };

    var with = check(question);
    var without = check(Arrays.copyOf(question, question.length - 1));

    assertEquals(0, with.exitCode(), with.err());
    assertTrue(with.out().contains("granted by the binding 'operators' on */*"), with.out());
    assertEquals(4, without.exitCode());
    assertTrue(without.out().contains("it takes a certificate beside the token"), without.out());
  }

  @ParameterizedTest
  @CsvSource({
    "bob, keys.view, --caller: must be cn:NAME",
    "token:no-subject, keys.view, --caller: must be cn:NAME",
    "token:with space#bob, keys.view, --caller: must be cn:NAME",
    "cn:bob, keys.steal, --permission: there is no permission 'keys.steal'; known are keys.create",
  })
  void refusesAMalformedQuestion(String caller, String permission, String message) {
    var result = check("--caller", caller, "--permission", permission);

    assertEquals(2, result.exitCode());
    assertTrue(result.err().startsWith("keyservice: " + message), result.err());
    assertEquals("", result.out());
  }

  @Test
  void onlyATokenHasGroups() {
    var result = check("--caller", "cn:bob", "--group", "a", "--permission", "keys.view");

    assertEquals(2, result.exitCode());
    assertTrue(result.err().startsWith("keyservice: --group: must be empty"), result.err());
  }
}
