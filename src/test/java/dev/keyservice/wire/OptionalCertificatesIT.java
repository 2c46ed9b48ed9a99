package dev.keyservice.wire;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestCrl;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The packaged service with `KEYSERVICE_TLS_CLIENT_AUTH=optional`.
class OptionalCertificatesIT {
  private Installation installation;
  private Path lists;
  private ServiceProcess service;
  private Channels channels;

  @BeforeEach
  void start() throws IOException {
    installation = Installation.create();
    lists = installation.file("crl.pem");
    TestCrl.write(lists, installation.ca().crl().number(1).build());
    installation.save("expired", installation.ca().expiredClient("app"));
    service =
        ServiceProcess.start(
            installation,
            Map.of(
                "KEYSERVICE_TLS_CLIENT_AUTH", "optional",
                "KEYSERVICE_TLS_CRL_FILE", lists.toString(),
                "KEYSERVICE_TLS_POLL_INTERVAL", "0.2s"));
    channels = new Channels(installation, service.port());
  }

  @AfterEach
  void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void saysSoWhenItIsReady() {
    assertTrue(
        service
            .log()
            .contains(
                "keyservice is ready on 127.0.0.1:"
                    + service.port()
                    + " (TLS 1.3, client certificates optional), management on "),
        service.log());
    Management.of(service).readiness().then().statusCode(200).body("status", equalTo("UP"));
  }

  @Test
  void answersWhoeverHasNoCertificateAboutItsHealthAndNothingElse() {
    assertNobody();

    assertEquals("cn:app", new Calls(channels.of("app")).whoAmI().getCallerId());
  }

  @Test
  void refusesTheConnectionOfWhoeverShowsACertificateThatIsNotBelieved() {
    for (var caller : List.of("stranger", "expired")) {
      assertUnreachable(caller);
    }
  }

  @Test
  void staysSoWhenTheFilesAreReplaced() throws Exception {
    assertEquals("cn:all", new Calls(channels.of("all")).whoAmI().getCallerId());

    TestCrl.write(
        lists, installation.ca().crl().number(2).revoking(installation.certificate("all")).build());
    var management = Management.of(service);
    while (management.metric("keyservice_tls_reloads_total").orElseThrow() == 0) {
      TimeUnit.MILLISECONDS.sleep(50);
    }

    assertNobody();
    assertUnreachable("all");
    assertEquals("cn:app", new Calls(channels.another("app")).whoAmI().getCallerId());
    management.readiness().then().statusCode(200);
  }

  private void assertNobody() {
    var channel = channels.anonymous();

    var health = HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
    var refusal = Refusal.of(() -> new Calls(channel).whoAmI());

    assertEquals(ServingStatus.SERVING, health.getStatus());
    assertEquals(Status.Code.UNAUTHENTICATED, refusal.code());
    assertEquals("CERTIFICATE_REQUIRED", refusal.reason());
  }

  private void assertUnreachable(String caller) {
    var refusal = Refusal.belowTheService(() -> new Calls(channels.another(caller)).whoAmI());

    assertEquals(Status.Code.UNAVAILABLE, refusal.code(), caller);
  }
}
