package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.AccessServiceGrpc.AccessServiceBlockingStub;
import dev.keyservice.v1.ExplainAccessRequest;
import dev.keyservice.v1.ExplainAccessResponse;
import dev.keyservice.v1.TestPermissionsRequest;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The policy of the packaged service: what it answers about it, and what becomes of a change.
class AccessIT {
  private static final String CARDS = "keyRings/app/cryptoKeys/cards";

  private static final String POLICY =
      """
      bindings:
        - {name: applications, callers: ["cn:app"], roles: [encrypter, viewer], keys: ["app/*"]}
        - {name: administration, callers: ["cn:admin"], roles: [key-admin], keys: ["*/*"]}
        - {name: revision, callers: ["cn:all"], roles: [auditor], keys: ["*/*"]}
        - name: operators
          callers: [{issuer: "https://idp.example", group: operators}]
          roles: [decrypter]
          keys: ["app/*"]
          require: [certificate]
      """;

  private static Installation installation;
  private static ServiceProcess service;
  private static Management management;

  private Channels channels;
  private Calls app;
  private Calls admin;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    Files.writeString(installation.file("policy.yaml"), POLICY);
    service = ServiceProcess.start(installation);
    management = Management.of(service);
  }

  @AfterAll
  static void stop() {
    service.close();
    installation.close();
  }

  @BeforeEach
  void connect() {
    channels = new Channels(installation, service.port());
    app = new Calls(channels.of("app"));
    admin = new Calls(channels.of("admin"));
  }

  /// Whatever a test did to the policy is taken back.
  @AfterEach
  void disconnect() throws Exception {
    channels.close();
    channels = new Channels(installation, service.port());
    writePolicy(POLICY);
    await(() -> explain("app", self("crypto.encrypt", CARDS)).getGranted());
    await(() -> metric("keyservice_policy_refused") == 0);
    channels.close();
  }

  private static void writePolicy(String yaml) throws IOException {
    var next = Files.writeString(installation.file("policy.new"), yaml);
    Files.move(next, installation.file("policy.yaml"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static double metric(String name) {
    return management.metric(name).orElseThrow();
  }

  private AccessServiceBlockingStub access(String caller) {
    return AccessServiceGrpc.newBlockingStub(channels.of(caller))
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private List<String> test(String caller, String name, String... permissions) {
    var request =
        TestPermissionsRequest.newBuilder()
            .setName(name)
            .addAllPermissions(Arrays.asList(permissions));
    return access(caller).testPermissions(request.build()).getPermissionsList();
  }

  private static ExplainAccessRequest.Builder self(String permission, String name) {
    return ExplainAccessRequest.newBuilder().setPermission(permission).setName(name);
  }

  private static ExplainAccessRequest.Builder about(
      String id, boolean certificate, String... groups) {
    return self("crypto.decrypt", CARDS)
        .setCaller(
            ExplainAccessRequest.Caller.newBuilder()
                .setId(id)
                .setCertificate(certificate)
                .addAllGroups(Arrays.asList(groups)));
  }

  private ExplainAccessResponse explain(String caller, ExplainAccessRequest.Builder request) {
    return access(caller).explainAccess(request.build());
  }

  @Test
  void tellsWhichPermissionsACallerHoldsInTheOrderAsked() {
    var version = CARDS + "/cryptoKeyVersions/1";
    var asked = new String[] {"keys.view", "crypto.decrypt", "crypto.encrypt"};

    assertEquals(List.of("keys.view", "crypto.encrypt"), test("app", CARDS, asked));
    assertEquals(List.of("keys.view", "crypto.encrypt"), test("app", version, asked));
    assertEquals(List.of("keys.view", "crypto.encrypt"), test("app", "", asked));
    assertEquals(List.of(), test("app", "keyRings/hr/cryptoKeys/salaries", asked));
    assertEquals(List.of(), test("unbound", "", asked));
  }

  @Test
  void refusesPermissionsThatAreNoneByTheirPlace() {
    assertInvalid("permissions[1]", () -> test("app", "", "keys.view", "keys.steal"));
    assertInvalid("permissions[2]", () -> test("app", "", "keys.view", "keys.create", "keys.view"));
    assertInvalid("permissions[0]", () -> test("app", "", ""));
    assertInvalid("permissions", () -> test("app", ""));
    var many = Collections.nCopies(101, "keys.view").toArray(String[]::new);
    assertInvalid("permissions", () -> test("app", "", many));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"app/cards", "keyRings/app", "keyRings/app/cryptoKeys/c/cryptoKeyVersions/0"})
  void refusesANameThatIsNone(String name) {
    assertInvalid("name", () -> test("app", name, "keys.view"));
    assertInvalid("name", () -> explain("app", self("keys.view", name)));
  }

  private static void assertInvalid(String field, org.junit.jupiter.api.function.Executable call) {
    var refusal = Refusal.of(call);
    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
    assertEquals(List.of(field), refusal.fields());
  }

  @Test
  void saysWhyOneHoldsAPermissionOrNot() {
    var granted = explain("app", self("crypto.encrypt", CARDS));
    var elsewhere = explain("app", self("crypto.encrypt", "keyRings/hr/cryptoKeys/salaries"));
    var never = explain("app", self("keys.create", ""));

    assertTrue(granted.getGranted());
    assertEquals("applications", granted.getBinding());
    assertEquals("app/*", granted.getKeyPattern());
    assertEquals("", granted.getMissingPermission());
    assertFalse(elsewhere.getGranted());
    assertEquals("crypto.encrypt", elsewhere.getMissingPermission());
    assertEquals(ExplainAccessResponse.Denial.NOT_ON_THIS_KEY, elsewhere.getDenial());
    assertEquals(ExplainAccessResponse.Denial.PERMISSION_NOT_GRANTED, never.getDenial());
    assertEquals(
        ExplainAccessResponse.Denial.NO_BINDING,
        explain("unbound", self("keys.view", "")).getDenial());
  }

  @Test
  void answersAboutOthersOnlyToWhoMayAsk() {
    var question = about("token:https://idp.example#bob", true, "staff", "operators");
    var alone = about("token:https://idp.example#bob", false, "operators");

    var answer = explain("all", question);

    assertEquals("operators", answer.getBinding());
    assertEquals(
        ExplainAccessResponse.Denial.CERTIFICATE_REQUIRED, explain("all", alone).getDenial());
    assertEquals(
        ExplainAccessResponse.Denial.PERMISSION_NOT_GRANTED,
        explain("all", about("cn:app", false)).getDenial());
    for (var caller : List.of("app", "admin", "unbound")) {
      var refusal = Refusal.of(() -> explain(caller, question));
      assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
      assertEquals("access.explain", refusal.metadata().get("permission"));
    }
  }

  @Test
  void refusesAMalformedQuestionByItsField() {
    assertInvalid("permission", () -> explain("app", self("keys.steal", "")));
    assertInvalid("permission", () -> explain("app", self("", "")));
    assertInvalid("caller.id", () -> explain("all", about("bob", false)));
    assertInvalid("caller.id", () -> explain("all", about("", false)));
    assertInvalid("caller.id", () -> explain("all", about("token:https://idp.example", false)));
    assertInvalid("caller.groups", () -> explain("all", about("cn:app", false, "operators")));
  }

  @Test
  void answersAboutAKeyAlikeWhetherItExistsOrNot() {
    var there = admin.createKey("app", "there").getName();
    var missing = "keyRings/app/cryptoKeys/missing";

    for (var permission : List.of("crypto.encrypt", "crypto.decrypt")) {
      assertEquals(
          explain("app", self(permission, there)), explain("app", self(permission, missing)));
      assertEquals(test("app", there, permission), test("app", missing, permission));
    }
  }

  @Test
  void aChangedPolicyIsInForceForTheNextCall() throws Exception {
    var reloads = metric("keyservice_policy_reloads_total");
    assertEquals(List.of(), test("unbound", "", "keys.view"));

    writePolicy(POLICY.replace("\"cn:app\"", "\"cn:app\", \"cn:unbound\""));

    await(() -> test("unbound", "", "keys.view").equals(List.of("keys.view")));
    assertEquals(reloads + 1, metric("keyservice_policy_reloads_total"));
    assertTrue(metric("keyservice_policy_snapshot_age_seconds") < 30);
  }

  @Test
  void aBadPolicyChangesNothingAndIsToldByAMetric() throws Exception {
    var failures = metric("keyservice_policy_reload_failures_total");

    writePolicy(POLICY.replace("viewer", "voyeur"));

    await(() -> metric("keyservice_policy_refused") == 1);
    assertEquals(failures + 1, metric("keyservice_policy_reload_failures_total"));
    assertEquals(List.of("keys.view"), test("app", "", "keys.view"));
    assertEquals(
        1, service.lines().stream().filter(line -> line.contains("no role 'voyeur'")).count());
  }

  @Test
  void aRunningWatchEndsWhenItsCallerMayViewNothingAnyMore() throws Exception {
    var watch = app.watch(WatchCryptoKeysRequest.newBuilder().setParent("keyRings/app").build());
    while (!watch.next().hasProgress()) {
      // What other tests left in the ring.
    }
    var first = admin.createKey("app", "seen");
    assertEquals(first.getName(), watch.next().getCryptoKey().getName());

    writePolicy(POLICY.replace("[encrypter, viewer]", "[encrypter]"));
    await(() -> test("app", "", "keys.view").isEmpty());
    var _ = admin.createKey("app", "unseen");

    var refusal = Refusal.of(watch::next);
    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
    assertEquals("keys.view", refusal.metadata().get("permission"));
  }

  @Test
  void aRunningWatchShowsOnlyWhatItsCallerMayStillView() throws Exception {
    var watch = app.watch(WatchCryptoKeysRequest.newBuilder().build());
    while (!watch.next().hasProgress()) {
      // What other tests left.
    }

    writePolicy(POLICY.replace("keys: [\"app/*\"]}", "keys: [\"later/*\"]}"));
    await(() -> test("app", CARDS, "keys.view").isEmpty());
    var _ = admin.createKey("app", "hidden");
    var shown = admin.createKey("later", "shown");

    assertEquals(shown.getName(), watch.next().getCryptoKey().getName());
  }

  @Test
  void everyMetricOfTheDocumentIsThere() throws Exception {
    var documented =
        Pattern.compile("\\| `(keyservice_policy_\\w+)`")
            .matcher(Files.readString(Path.of("docs/access.md")))
            .results()
            .map(row -> row.group(1))
            .toList();

    assertEquals(4, documented.size());
    documented.forEach(name -> assertTrue(management.metric(name).isPresent(), name));
  }
}
