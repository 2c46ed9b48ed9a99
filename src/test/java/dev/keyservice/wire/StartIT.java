package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.root.FileRootKeys;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The packaged service begins in good order or ends at once, naming the setting at fault.
class StartIT {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int SECONDS = 10;

  private Installation installation;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  /// Does something to an installation that it does not survive.
  interface Damage {
    void to(Installation installation) throws IOException;
  }

  private static final Damage NONE = installation -> {};

  /// One of every kind; the tests of each setting have the others, and `-Pproof` starts a service
  /// with them, too.
  static Stream<Arguments> badSettings() {
    return PROOF ? Stream.concat(oneOfEachKind(), theOthers()) : oneOfEachKind();
  }

  private static Stream<Arguments> oneOfEachKind() {
    return Stream.of(
        bad("KEYSERVICE_TLS_CERTFILE", "x", NONE, "did you mean KEYSERVICE_TLS_CERT_FILE?"),
        bad("KEYSERVICE_LISTEN", "nonsense", NONE, "host:port"),
        bad("KEYSERVICE_LISTEN", "192.0.2.1:8443", NONE, "not an address of this machine"),
        bad("KEYSERVICE_TLS_ENABLED", "false", NONE, "the profile dev alone"),
        bad("KEYSERVICE_TLS_CA_FILE", "", NONE, "is missing"),
        bad(
            "KEYSERVICE_TLS_KEY_FILE",
            null,
            i ->
                Files.writeString(
                    i.file("server-key.pem"), Files.readString(i.file("app-key.pem"))),
            "another key"),
        bad("KEYSERVICE_LIMITS_CALLS_PER_CALLER", "many", NONE, "is no rate"),
        bad(
            "KEYSERVICE_POLICY_FILE",
            null,
            i -> write(i, "policy.yaml", "bindings:\n  - {name: x, roles: [king]}"),
            "bindings[0]"),
        bad("KEYSERVICE_ISSUERS_FILE", "/nowhere/issuers.yaml", NONE, "docs/tokens.md"),
        bad(
            "KEYSERVICE_ROOT_KEYS_DIR",
            null,
            i ->
                Files.setPosixFilePermissions(
                    i.file("root-keys/root-1.key"), PosixFilePermissions.fromString("rw-r--r--")),
            "chmod 600"),
        bad(
            "KEYSERVICE_STORE_PATH",
            null,
            i -> {
              Files.createDirectories(i.file("data"));
              write(i, "data/keyservice.db", "this is no database at all, only some text");
            },
            ""));
  }

  private static Stream<Arguments> theOthers() {
    return Stream.of(
        bad("KEYSERVICE_LISTEN", "127.0.0.1:99999", NONE, "host:port"),
        bad("KEYSERVICE_TLS_CLIENT_AUTH", "none", NONE, "must be required or optional"),
        bad("KEYSERVICE_TLS_ENABLED", "no", NONE, "must be true or false"),
        bad("KEYSERVICE_TLS_CERT_FILE", "", NONE, ""),
        bad("KEYSERVICE_TLS_KEY_FILE", "", NONE, "is missing"),
        bad("KEYSERVICE_TLS_CA_FILE", "/nowhere/ca.pem", NONE, "/nowhere/ca.pem"),
        bad("KEYSERVICE_TLS_KEY_FILE", null, i -> write(i, "server-key.pem", "no key"), ""),
        bad("KEYSERVICE_TLS_CA_FILE", null, i -> write(i, "ca.pem", ""), ""),
        bad("KEYSERVICE_LIMITS_CONNECTIONS", "0", NONE, "from 1 to 1000000"),
        bad("KEYSERVICE_LIMITS_REFUSED_TOKENS", "20", NONE, "is no rate"),
        bad("KEYSERVICE_POLICY_FILE", "/nowhere/policy.yaml", NONE, "keyservice init"),
        bad("KEYSERVICE_ROOT_KEYS_ACTIVE", "", NONE, "keyservice init"),
        bad("KEYSERVICE_ROOT_KEYS_ACTIVE", "root-2", NONE, "root-2"),
        bad("KEYSERVICE_ROOT_KEYS_DIR", "/nowhere", NONE, "/nowhere"),
        bad("KEYSERVICE_ROOT_KEYS_DIR", null, i -> write(i, "root-keys/root-1.key", "short"), "32"),
        bad("KEYSERVICE_STORE_PATH", "/proc/keyservice/keys.db", NONE, "/proc/keyservice"));
  }

  private static Arguments bad(String setting, String value, Damage damage, String says) {
    return Arguments.of(setting, value == null ? "(as it was)" : value, damage, says);
  }

  private static void write(Installation installation, String file, String text)
      throws IOException {
    Files.writeString(installation.file(file), text);
  }

  @ParameterizedTest(name = "{0}={1} {3}")
  @MethodSource("badSettings")
  void endsWithOneLineThatNames(String setting, String value, Damage damage, String says)
      throws Exception {
    damage.to(installation);

    var changed = value.equals("(as it was)") ? Map.<String, String>of() : Map.of(setting, value);
    assertRefused(changed, setting, says);
  }

  @Test
  void quarkussOwnServerCannotBeChosen() throws Exception {
    assertRefused(
        Map.of("QUARKUS_GRPC_SERVER_USE_SEPARATE_SERVER", "false"),
        "quarkus.grpc.server.use-separate-server",
        "must be true");
  }

  @Test
  void aPortInUseEndsTheStart() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(
          Map.of("KEYSERVICE_LISTEN", "127.0.0.1:" + taken.getLocalPort()),
          "KEYSERVICE_LISTEN",
          "is in use");
    }
  }

  @Test
  void aManagementPortInUseEndsTheStart() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(
          Map.of("QUARKUS_MANAGEMENT_PORT", Integer.toString(taken.getLocalPort())),
          "quarkus.management.port",
          "127.0.0.1:" + taken.getLocalPort() + " cannot be listened on: Address already in use");
    }
  }

  @Test
  void aSecondServiceOnTheSameStoreEndsAtOnceAndTheFirstGoesOn() throws Exception {
    try (var first = ServiceProcess.start(installation);
        var channels = new Channels(installation, first.port())) {
      assertRefused(Map.of(), "KEYSERVICE_STORE_PATH", "in use by another process");

      assertEquals("cn:app", new Calls(channels.of("app")).whoAmI().getCallerId());
    }
  }

  @Test
  void aStoreThatTheRootKeyDoesNotOpenEndsTheStart() throws Exception {
    try (var first = ServiceProcess.start(installation)) {
      assertNotEquals(0, first.port());
    }
    Files.delete(installation.file("root-keys/root-1.key"));
    FileRootKeys.create(installation.file("root-keys"), "root-1");

    assertRefused(Map.of(), "KEYSERVICE_ROOT_KEYS_DIR", "");
  }

  @Test
  void aStoreOfANewerVersionEndsTheStartAndIsLeftAsItIs() throws Exception {
    try (var first = ServiceProcess.start(installation)) {
      assertNotEquals(0, first.port());
    }
    var store = installation.file("data/keyservice.db");

    edit("UPDATE store SET format = 2");
    var newer = Files.readAllBytes(store);
    assertRefused(
        Map.of(),
        "KEYSERVICE_STORE_PATH",
        "the store has format 2, and this version of the service reads format 1");
    assertArrayEquals(newer, Files.readAllBytes(store));

    edit(
        "INSERT INTO flyway_schema_history SELECT 9, '9', 'newer', type, 'V9__newer.sql', 1,"
            + " installed_by, installed_on, 1, 1 FROM flyway_schema_history LIMIT 1");
    newer = Files.readAllBytes(store);
    assertRefused(
        Map.of(),
        "KEYSERVICE_STORE_PATH",
        "the store has schema version 9, and this version of the service knows them up to 4");
    assertArrayEquals(newer, Files.readAllBytes(store));
    System.out.println(
        "proof: a store of a newer format and one of a newer schema, each refused by the start in one"
            + " line, and left as they were");
  }

  private void edit(String sql) throws SQLException {
    var url = "jdbc:sqlite:" + installation.file("data/keyservice.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      assertEquals(1, statement.executeUpdate(sql), sql);
    }
  }

  @Test
  void variablesOfAKubernetesServiceAreNoSettingsAndSigtermEndsItInOrder() throws Exception {
    var links =
        Map.of(
            "KEYSERVICE_SERVICE_HOST", "10.0.0.1",
            "KEYSERVICE_SERVICE_PORT", "8443",
            "KEYSERVICE_PORT", "tcp://10.0.0.1:8443");

    var service = ServiceProcess.start(installation, links);
    try (service) {
      assertNotEquals(0, service.port());
    }
    var code = service.exitCode(1);
    assertTrue(code == 0 || code == 143, "exit code " + code);
  }

  private void assertRefused(Map<String, String> variables, String setting, String says)
      throws InterruptedException {
    try (var service = ServiceProcess.launch(installation, variables)) {
      var code = service.exitCode(SECONDS);

      assertNotEquals(0, code, service.log());
      var complaints = service.lines().stream().filter(line -> !line.startsWith("{")).toList();
      assertEquals(1, complaints.size(), service.log());
      assertTrue(complaints.getFirst().startsWith("keyservice: " + setting + ": "), service.log());
      assertTrue(complaints.getFirst().contains(says), service.log());
      assertFalse(service.log().contains("\"level\":\"ERROR\""), service.log());
    }
  }
}
