package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service says of itself, on the management port and by gRPC, which is the same.
class ReadinessIT {
  private static final String CRYPTO = "keyservice.v1.CryptoService";

  private Installation installation;
  private ServiceProcess service;
  private Channels channels;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private void start(Map<String, String> variables) {
    service = ServiceProcess.start(installation, variables);
    channels = new Channels(installation, service.port());
  }

  @Test
  void aReadyServicePassesEveryCheckAndServesEveryServiceThatThereIs() {
    start(Map.of());
    var unknown = HealthCheckRequest.newBuilder().setService("nothing").build();
    var stub = HealthGrpc.newBlockingStub(channels.of("nameless"));

    readiness()
        .then()
        .statusCode(200)
        .body("status", equalTo("UP"))
        .body("checks.name", hasItems("store", "change-log", "disk", "tls", "drain", "audit"))
        .body("checks.size()", equalTo(6));
    assertEquals(ServingStatus.SERVING, health(""));
    assertEquals(ServingStatus.SERVING, health(CRYPTO));
    assertEquals(ServingStatus.SERVING, health("keyservice.v1.KeyService"));
    var refused = Assertions.assertThrows(StatusRuntimeException.class, () -> stub.check(unknown));
    assertEquals(Status.Code.NOT_FOUND, refused.getStatus().getCode());
    assertEquals(ServingStatus.SERVICE_UNKNOWN, stub.watch(unknown).next().getStatus());
  }

  @Test
  void aChangeLogThatIsNotWhatItWasMakesItUnreadyByBoth() throws Exception {
    start(Map.of());
    var _ = new Calls(channels.of("all")).createKey("ring", "key");
    var watch =
        HealthGrpc.newBlockingStub(channels.of("app"))
            .watch(HealthCheckRequest.newBuilder().setService(CRYPTO).build());
    assertEquals(ServingStatus.SERVING, watch.next().getStatus());

    execute("DELETE FROM change_log");

    await(() -> readiness().statusCode() == 503);
    readiness()
        .then()
        .body("checks.find { it.name == 'change-log' }.status", equalTo("DOWN"))
        .body(
            "checks.find { it.name == 'change-log' }.data.reason",
            equalTo("the store's change log is broken; writes are refused"));
    assertEquals(ServingStatus.NOT_SERVING, watch.next().getStatus());
    assertEquals(ServingStatus.NOT_SERVING, health(""));
    Management.of(service).liveness().then().statusCode(200);
    await(() -> service.log().contains("not ready: change-log: "));
  }

  /// On a disk of its own, which is full for a while.
  @Test
  void aDiskThatTakesNoWriteMakesItUnreadyUntilItDoesAgain() throws Exception {
    var disk = Files.createDirectory(installation.file("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString()),
        "SKIPPED: this user may not mount a disk to fill");
    try {
      start(Map.of("KEYSERVICE_STORE_PATH", disk.resolve("keyservice.db").toString()));
      readiness().then().statusCode(200);

      fill(disk.resolve("filler"));

      await(() -> readiness().statusCode() == 503);
      readiness()
          .then()
          .body("checks.find { it.name == 'disk' }.status", equalTo("DOWN"))
          .body(
              "checks.find { it.name == 'disk' }.data.reason",
              equalTo("the disk of the store takes no write: No space left on device"));
      await(() -> health("") == ServingStatus.NOT_SERVING);

      Files.delete(disk.resolve("filler"));

      await(() -> readiness().statusCode() == 200);
      await(() -> health("") == ServingStatus.SERVING);
    } finally {
      service.close();
      assertTrue(run("umount", disk.toString()));
    }
  }

  @Test
  void theManagementPortSpeaksTlsWhenToldTo() throws Exception {
    start(
        Map.of(
            "QUARKUS_MANAGEMENT_SSL_CERTIFICATE_FILES", file("server.pem"),
            "QUARKUS_MANAGEMENT_SSL_CERTIFICATE_KEY_FILES", file("server-key.pem")));

    var overTls = Management.overTls(service, installation.file("ca.pem"));

    overTls.readiness().then().statusCode(200).body("status", equalTo("UP"));
    assertTrue(overTls.metrics().contains("keyservice_connections"));
    Assertions.assertThrows(Exception.class, () -> Management.of(service).readiness());
  }

  private String file(String name) {
    return installation.file(name).toString();
  }

  private Response readiness() {
    return Management.of(service).readiness();
  }

  private ServingStatus health(String name) {
    return HealthGrpc.newBlockingStub(channels.of("app"))
        .check(HealthCheckRequest.newBuilder().setService(name).build())
        .getStatus();
  }

  private void execute(String sql) throws SQLException {
    var url = "jdbc:sqlite:" + installation.file("data/keyservice.db");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      var _ = statement.executeUpdate(sql);
    }
  }

  private static void fill(Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      while (true) {
        out.write(new byte[512]);
      }
    } catch (IOException full) {
      assertTrue(String.valueOf(full.getMessage()).contains("No space left"), full.toString());
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // there is no such program here
    }
  }
}
