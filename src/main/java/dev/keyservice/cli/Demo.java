package dev.keyservice.cli;

import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.client.ServerUnreachable;
import dev.keyservice.maintenance.DevEnvironment;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.opentelemetry.context.Context;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;

/// The demonstration against a service that was started for it, with all its certificates.
final class Demo {
  private static final Duration HEALTH_LIMIT = Duration.ofSeconds(20);

  private final PrintStream out;
  private final DevEnvironment environment;
  private final DevEnvironment strangers;
  private final String address;

  /// @param strangers certificates of another authority
  /// @param address where the service listens
  Demo(PrintStream out, DevEnvironment environment, DevEnvironment strangers, String address) {
    this.out = out;
    this.environment = environment;
    this.strangers = strangers;
    this.address = address;
  }

  /// Shows everything, or throws at the first step that does not end as it should.
  void show() {
    try (var client = client(environment.clientCertificate(), environment.clientKey())) {
      step("The service is " + awaitHealth(client) + ".");
      var me = client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
      step("It knows me as " + me.getCallerId() + ", by my certificate.");
      var round = new DemoRound(out, client);
      round.createKey();
      round.encryptAndDecrypt();
    }
    refusedStranger();
    refusedNobody();
  }

  /// On a busy machine the first connection to a service that has just started can be late.
  private static ServingStatus awaitHealth(KeyServiceClient client) {
    var end = System.nanoTime() + HEALTH_LIMIT.toNanos();
    while (true) {
      try {
        return client.check();
      } catch (ServerUnreachable e) {
        if (System.nanoTime() > end) {
          throw e;
        }
      }
    }
  }

  private void refusedStranger() {
    try (var stranger = client(strangers.clientCertificate(), strangers.clientKey())) {
      throw new NotAsExpected(
          "a stranger with a certificate of another authority was let in: " + stranger.check());
    } catch (ServerUnreachable e) {
      step(
          "A stranger with a certificate of another authority is refused:",
          String.valueOf(e.getMessage()));
    }
  }

  private void refusedNobody() {
    try (var nobody = client(environment.nobodyCertificate(), environment.nobodyKey())) {
      throw new NotAsExpected(
          "a caller whom no binding names could encrypt with "
              + nobody.crypto().encrypt(DemoRound.encryption()).getName());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.PERMISSION_DENIED) {
        throw e;
      }
      step("cn:nobody, whom no binding of the policy names, is refused:", ErrorReport.message(e));
    }
  }

  private void step(String line, String... more) {
    DemoRound.step(out, line, more);
  }

  private KeyServiceClient client(Path certificate, Path key) {
    var settings = ServiceProcess.caller(environment, address, certificate, key);
    return KeyServiceClient.open(settings, Context::root);
  }
}
