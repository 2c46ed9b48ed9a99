package dev.keyservice.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.v1.CryptoServiceGrpc;
import io.grpc.Status;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MethodMetersTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");

  /// `google.golang.org/grpc/codes`, which dashboards for gRPC go by.
  @Test
  void codesAreSpelledAsInGo() {
    assertEquals(
        List.of(
            "OK",
            "Canceled",
            "Unknown",
            "InvalidArgument",
            "DeadlineExceeded",
            "NotFound",
            "AlreadyExists",
            "PermissionDenied",
            "ResourceExhausted",
            "FailedPrecondition",
            "Aborted",
            "OutOfRange",
            "Unimplemented",
            "Internal",
            "Unavailable",
            "DataLoss",
            "Unauthenticated"),
        Arrays.stream(Status.Code.values()).map(MethodMeters::name).toList());
  }

  /// On the registry that Quarkus uses.
  @Test
  @SuppressWarnings("deprecation")
  void aCallIsCountedOnceAndCheaply() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var method = new MethodMeters(registry, CryptoServiceGrpc.getEncryptMethod());
    var callers = new CallsByCaller(registry, _ -> true);
    var caller = Optional.of("cn:app");
    var calls = PROOF ? 5_000_000 : 1_000;
    var rounds = 5;

    var best = Long.MAX_VALUE;
    for (var round = 0; round < rounds; round++) {
      var begin = System.nanoTime();
      for (var i = 0; i < calls; i++) {
        method.began();
        method.ended(Status.Code.OK, 400_000 + i);
        callers.count(caller, Status.Code.OK);
      }
      best = Math.min(best, System.nanoTime() - begin);
    }

    var timer = registry.get("grpc.server.handling").tag("grpc_code", "OK").timer();
    assertEquals((long) calls * rounds, timer.count());
    if (PROOF) {
      System.out.printf("proof: the metrics of a call take %d ns%n", best / calls);
    }
  }
}
