package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.keyservice.client.TestAuthority;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TlsCheckCommandTest extends CommandTest {
  @Test
  void showsWhatTheFilesOfTheSettingsMean() {
    var result = alice().run("tls", "check");

    assertEquals(0, result.exitCode(), result.err());
    assertEquals("", result.err());
    var lines = result.out().lines().toList();
    assertEquals("SIDE          client", lines.getFirst());
    assertTrue(lines.contains("CERTIFICATE   CN=alice"), result.out());
    assertTrue(lines.contains("  key         EC P-256"), result.out());
    assertTrue(lines.contains("  identity    cn:alice"), result.out());
    assertTrue(result.out().contains(" d left"), result.out());
    assertEquals("FILES         a client takes them", lines.getLast());
    assertTrue(service.seen().isEmpty());
  }

  @Test
  void showsThemAsJson() {
    var result = alice().run("tls", "check", "-o", "json");

    var json = json(result);
    assertEquals(0, result.exitCode(), result.err());
    assertEquals("client", json.get("side").getAsString());
    assertTrue(json.get("accepted").getAsBoolean());
    assertEquals("cn:alice", json.get("identity").getAsString());
    assertEquals("CN=alice", json.getAsJsonObject("certificate").get("subject").getAsString());
    assertEquals(1, json.getAsJsonArray("authorities").size());
    assertFalse(json.has("connection"));
  }

  @Test
  void looksAtTheFilesThatAreGivenInsteadOfTheSettings() throws IOException {
    var ca = new TestCa("another CA");
    var server = ca.serverFiles(directory, ca.server());
    var crl = directory.resolve("crl.pem");
    TestCrl.write(crl, ca.crl().number(3).build());

    var result =
        alice()
            .run(
                "tls",
                "check",
                "--ca",
                server.ca() + "",
                "--cert",
                server.certificate() + "",
                "--key",
                server.key() + "",
                "--crl",
                crl + "");

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(result.out().startsWith("SIDE             server\n"), result.out());
    assertTrue(result.out().contains("  names          DNS:localhost, IP:127.0.0.1"), result.out());
    assertTrue(result.out().contains("REVOCATION LIST  CN=another CA"), result.out());
    assertTrue(result.out().contains("  number         3"), result.out());
  }

  @Test
  void showsWhetherTheClientsOfAServerMustHaveACertificate() {
    var required = alice().run("tls", "check", "--as", "server");
    var optional =
        alice()
            .variable("KEYSERVICE_TLS_CLIENT_AUTH", "optional")
            .run("tls", "check", "--as", "server", "-o", "json");
    var client = alice().run("tls", "check");

    assertTrue(required.out().contains("CLIENTS       certificate required\n"), required.out());
    assertEquals("optional", json(optional).get("clientAuth").getAsString());
    assertFalse(client.out().contains("CLIENTS"), client.out());
  }

  @Test
  void refusesAWordThatIsNeitherRequiredNorOptional() {
    var result = alice().variable("KEYSERVICE_TLS_CLIENT_AUTH", "none").run("tls", "check");

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: KEYSERVICE_TLS_CLIENT_AUTH: 'none' must be required or optional\n",
        result.err());
  }

  @Test
  void hasNothingToCheckWithoutTls() {
    var result = alice().variable("KEYSERVICE_TLS_ENABLED", "false").run("tls", "check");

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: KEYSERVICE_TLS_ENABLED: must be true: without TLS there is nothing to check\n",
        result.err());
    assertEquals("", result.out());
  }

  @Test
  void saysWhetherTheServerWasShownTheCertificate() {
    var stranger = TestAuthority.in(directory.resolve("strangers")).client("mallory");
    try (var optional = withOptionalCertificates()) {
      var address = "localhost:" + optional.port();

      var believed = alice().run("tls", "check", "--address", address);
      var unasked =
          alice()
              .variable("KEYSERVICE_TLS_CERT_FILE", stranger.certificate().toString())
              .variable("KEYSERVICE_TLS_KEY_FILE", stranger.key().toString())
              .run("tls", "check", "--address", address);

      assertTrue(believed.out().contains("  client      CN=alice\n"), believed.out());
      assertEquals(0, unasked.exitCode(), unasked.err());
      assertTrue(
          unasked
              .out()
              .contains("  client      no certificate: the server takes clients without one\n"),
          unasked.out());
    }
  }

  @Test
  void showsRefusedFilesAndSaysWhyTheyAreRefused() {
    var result = alice().run("tls", "check", "--as", "server");

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: KEYSERVICE_TLS_CERT_FILE: the server's certificate 'CN=alice' is not for a"
            + " server: its extended key usage lacks serverAuth\n",
        result.err());
    assertTrue(result.out().contains("CERTIFICATE   CN=alice"), result.out());
    assertTrue(result.out().endsWith("FILES         refused\n"), result.out());
  }

  @Test
  void showsRefusedFilesAsJson() {
    var result = alice().run("tls", "check", "--as", "server", "-o", "json");

    var json = json(result);
    assertEquals(2, result.exitCode());
    assertFalse(json.get("accepted").getAsBoolean());
    assertTrue(json.get("problem").getAsString().contains("lacks serverAuth"));
  }

  @Test
  void connectsWithThemWhenAsked() {
    var result = alice().run("tls", "check", "--address");

    assertEquals(0, result.exitCode(), result.err());
    assertTrue(
        result.out().contains("CONNECTION    localhost:" + service.port() + "\n"), result.out());
    assertTrue(result.out().contains("  server      CN=server\n"), result.out());
    assertTrue(result.out().contains("  names       DNS:localhost\n"), result.out());
    assertTrue(result.out().contains("  health      SERVING\n"), result.out());
  }

  @Test
  void connectsToTheAddressThatIsGiven() {
    var address = "localhost:" + service.port();

    var result =
        alice()
            .variable("KEYSERVICE_ADDRESS", "localhost:1")
            .run("tls", "check", "--address", address, "-o", "json");

    var connection = json(result).getAsJsonObject("connection");
    assertEquals(0, result.exitCode(), result.err());
    assertEquals(address, connection.get("address").getAsString());
    assertEquals("SERVING", connection.get("health").getAsString());
    assertEquals("CN=server", connection.getAsJsonObject("server").get("subject").getAsString());
  }

  @Test
  void saysWhichSideRefusesTheOther() {
    var stranger = TestAuthority.in(directory.resolve("strangers")).client("mallory");

    var result =
        alice()
            .run(
                "tls",
                "check",
                "--cert",
                stranger.certificate() + "",
                "--key",
                stranger.key() + "",
                "--address",
                "-o",
                "json");

    assertEquals(3, result.exitCode());
    assertTrue(
        result.err().startsWith("keyservice: the server trusts only 'CN=Authority of "),
        result.err());
    var connection = json(result).getAsJsonObject("connection");
    assertTrue(
        connection.get("problem").getAsString().startsWith("the server trusts only "),
        result.out());
    assertFalse(connection.has("health"));
  }

  @Test
  void endsWith5WhenTheServiceDoesNotServe() {
    service.serving(ServingStatus.NOT_SERVING);

    var result = alice().run("tls", "check", "--address");

    assertEquals(5, result.exitCode());
    assertTrue(result.out().contains("  health      NOT_SERVING\n"), result.out());
  }

  private static JsonObject json(CommandRun.Result result) {
    return JsonParser.parseString(result.out()).getAsJsonObject();
  }
}
