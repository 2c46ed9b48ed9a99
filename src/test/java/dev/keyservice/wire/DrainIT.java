package dev.keyservice.wire;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service does between SIGTERM and its end.
class DrainIT {
  private Installation installation;
  private ServiceProcess service;
  private Channels channels;

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  private void start(String drainTimeout) {
    service = ServiceProcess.start(installation, Map.of("KEYSERVICE_DRAIN_TIMEOUT", drainTimeout));
    channels = new Channels(installation, service.port());
  }

  @AfterEach
  void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void whoAsksIsToldCallsFinishStreamsEndAndThenTheProcess() throws Exception {
    start("20s");
    var management = Management.of(service);
    var watch =
        new Calls(channels.another("all")).watch(WatchCryptoKeysRequest.getDefaultInstance());
    assertTrue(watch.next().hasProgress());
    var health =
        HealthGrpc.newBlockingStub(channels.another("app"))
            .watch(HealthCheckRequest.getDefaultInstance());
    assertEquals("SERVING", health.next().getStatus().name());
    var call = HalfACall.begin(channels.of("app"));

    service.terminate();

    assertEquals("NOT_SERVING", health.next().getStatus().name());
    var end = Refusal.of(() -> watch.next());
    assertEquals(Status.Code.UNAVAILABLE, end.code());
    assertEquals("SHUTTING_DOWN", end.reason());
    management
        .readiness()
        .then()
        .statusCode(503)
        .body("checks.find { it.name == 'drain' }.status", equalTo("DOWN"))
        .body("checks.data.reason", hasItem("the service is shutting down"));
    management.liveness().then().statusCode(200);
    assertFalse(call.status().isDone());

    assertEquals("cn:app", call.finish().getCallerId());
    var code = service.exitCode(10);
    assertTrue(code == 0 || code == 143, "exit code " + code);
  }

  @Test
  void aCallThatDoesNotEndIsCutAfterTheTimeout() throws Exception {
    start("1s");
    var call = HalfACall.begin(channels.of("app"));
    var begin = System.nanoTime();

    service.terminate();

    var code = service.exitCode(10);
    var taken = Duration.ofNanos(System.nanoTime() - begin);
    assertTrue(code == 0 || code == 143, "exit code " + code);
    assertFalse(call.status().get(5, TimeUnit.SECONDS).isOk());
    assertTrue(taken.compareTo(Duration.ofMillis(900)) > 0, "after " + taken);
    assertTrue(service.log().contains("the calls that were left are cut"), service.log());
  }
}
