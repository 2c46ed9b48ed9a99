package dev.keyservice.wire;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged service with `KEYSERVICE_TLS_ENABLED=false`, in the profile for development, and no
/// TLS file anywhere.
class WithoutTlsIT {
  private static final Map<String, String> WITHOUT_TLS =
      Map.of(
          "QUARKUS_PROFILE", "dev",
          "QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true",
          "KEYSERVICE_TLS_ENABLED", "false",
          "KEYSERVICE_TLS_CA_FILE", "/nowhere/ca.pem",
          "KEYSERVICE_TLS_CERT_FILE", "/nowhere/server.pem",
          "KEYSERVICE_TLS_KEY_FILE", "/nowhere/server-key.pem");

  private static Installation installation;
  private static ServiceProcess service;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    Files.writeString(
        installation.file("policy.yaml"),
        """
        bindings:
          - name: development
            callers: ["insecure:local"]
            roles: [key-admin, encrypter, decrypter]
            keys: ["app/*"]
        """);
    service = ServiceProcess.start(installation, WITHOUT_TLS);
    channel = NettyChannelBuilder.forAddress("127.0.0.1", service.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    service.close();
    installation.close();
  }

  @Test
  void everyCallerIsWhoeverIsOnThisMachine() {
    var me = new Calls(channel).whoAmI();

    assertEquals("insecure:local", me.getCallerId());
    assertEquals("", me.getCommonName());
    assertEquals(WhoAmIResponse.Authentication.INSECURE, me.getAuthentication());
    assertFalse(me.hasExpireTime());
  }

  @Test
  void thePolicySaysWhatTheyMay() {
    var letter = Confided.PLAINTEXT;
    var calls = new Calls(channel);
    var name = calls.createKey("app", "letters").getName();

    var opened = calls.decrypt(name, calls.encrypt(name, letter, "").getCiphertext(), "");

    assertEquals(letter, opened.getPlaintext());
    assertEquals(
        "PERMISSION_DENIED", Refusal.of(() -> calls.createKey("other", "letters")).reason());
  }

  @Test
  void theLogSaysThatThereIsNoTls() {
    assertTrue(
        service
            .log()
            .contains(
                "keyservice is ready on 127.0.0.1:"
                    + service.port()
                    + " (no TLS, for callers on this machine), management on "),
        service.log());
    var warnings = warnings();
    assertTrue(
        warnings
            .get(0)
            .contains(
                "there is no TLS (KEYSERVICE_TLS_ENABLED=false): anyone on this machine may call,"
                    + " as insecure:local"),
        service.log());
    assertEquals(1, warnings.size(), service.log());
    assertFalse(service.log().contains("TLS material"), service.log());
  }

  private static List<String> warnings() {
    return service.lines().stream()
        .filter(line -> line.contains("\"level\":\"WARN\"") && line.contains("dev.keyservice"))
        .toList();
  }

  @Test
  void readinessAndMetricsSayThatThereIsNoTls() {
    var management = Management.of(service);

    management
        .readiness()
        .then()
        .statusCode(200)
        .body("status", equalTo("UP"))
        .body(
            "checks.find { it.name == 'tls' }.data.off",
            equalTo("there is no TLS: anyone on this machine may call"));
    for (var material : new String[] {"leaf", "ca", "crl"}) {
      assertEquals(
          Double.NaN,
          management
              .metric("keyservice_tls_expiry_timestamp_seconds", "material=\"" + material + "\"")
              .orElseThrow());
    }
    assertEquals(0.0, management.metric("keyservice_tls_reloads_total").orElseThrow());
    assertEquals(0.0, management.metric("keyservice_tls_files_refused").orElseThrow());
  }

  @Test
  void theCommandLineSpeaksWithoutTlsWhenItIsToldTo() throws Exception {
    var with = run(Map.of("KEYSERVICE_TLS_ENABLED", "false"));
    var without = run(Map.of());
    var contradiction =
        run(Map.of("KEYSERVICE_TLS_ENABLED", "false", "KEYSERVICE_TOKEN_FILE", "token"));

    assertEquals("0 ", with.substring(0, 2), with);
    assertTrue(with.contains("insecure:local"), with);
    assertEquals("3 ", without.substring(0, 2), without);
    assertTrue(without.contains("speaks no TLS"), without);
    assertEquals(
        "2 keyservice: KEYSERVICE_TOKEN_FILE: a token is only sent over TLS, and"
            + " KEYSERVICE_TLS_ENABLED is false\n",
        contradiction);
  }

  /// The exit code of `keyservice whoami`, and all that it wrote.
  private static String run(Map<String, String> settings) throws Exception {
    var all = new HashMap<>(settings);
    all.put("KEYSERVICE_ADDRESS", "127.0.0.1:" + service.port());
    var ended = Program.run(all, new byte[0], "whoami");
    return ended.exitCode() + " " + ended.said();
  }

  @Test
  void itIsRefusedWhereOthersCouldConnect() throws Exception {
    for (var address : new String[] {"0.0.0.0:0", "[::]:0"}) {
      assertRefused(
          Map.of("KEYSERVICE_LISTEN", address),
          "KEYSERVICE_TLS_ENABLED: must be true: without TLS the service listens on loopback alone,"
              + " and KEYSERVICE_LISTEN is "
              + address);
    }
  }

  @Test
  void itIsRefusedInProduction() throws Exception {
    assertRefused(
        Map.of("QUARKUS_PROFILE", ""),
        "KEYSERVICE_TLS_ENABLED: must be true: without TLS the service runs in the profile dev"
            + " alone, and this is prod");
    assertRefused(
        Map.of("QUARKUS_PROFILE", "staging"),
        "KEYSERVICE_TLS_ENABLED: must be true: without TLS the service runs in the profile dev"
            + " alone, and this is staging");
  }

  /// With one line and exit code 1.
  private static void assertRefused(Map<String, String> changed, String line) throws Exception {
    var variables = new HashMap<>(WITHOUT_TLS);
    variables.putAll(changed);
    try (var another = Installation.create();
        var refused = ServiceProcess.launch(another, variables)) {
      assertEquals(1, refused.exitCode(20), refused.log());
      var complaints = refused.lines().stream().filter(text -> !text.startsWith("{")).toList();
      assertEquals(List.of("keyservice: " + line), complaints, refused.log());
      assertFalse(refused.log().contains("\"level\":\"ERROR\""), refused.log());
    }
  }
}
