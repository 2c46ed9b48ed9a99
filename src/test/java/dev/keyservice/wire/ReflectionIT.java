package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged service with reflection switched on.
class ReflectionIT {
  private static final String OPERATORS =
      """
        - name: operators
          callers: ["cn:admin"]
          roles: [operator]
          keys: ["*/*"]
      """;

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static ManagedChannel anonymous;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    var _ =
        Files.writeString(installation.file("policy.yaml"), OPERATORS, StandardOpenOption.APPEND);
    service =
        ServiceProcess.start(
            installation,
            Map.of(
                "QUARKUS_GRPC_SERVER_ENABLE_REFLECTION_SERVICE", "true",
                "KEYSERVICE_TLS_CLIENT_AUTH", "optional"));
    channels = new Channels(installation, service.port());
    anonymous =
        NettyChannelBuilder.forAddress("localhost", service.port())
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(installation.file("ca.pem").toFile())
                    .build())
            .build();
  }

  @AfterAll
  static void stop() {
    var _ = anonymous.shutdownNow();
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void tellsAnOperatorWhatIsServed() {
    for (var services : List.of(v1(channels.of("admin")), v1alpha(channels.of("admin")))) {
      assertTrue(services.contains("keyservice.v1.CryptoService"), services.toString());
    }
  }

  @Test
  void tellsACallerWithoutThePermissionNothing() {
    for (var caller : List.of("all", "unbound")) {
      for (var refusal :
          List.of(
              Refusal.of(() -> v1(channels.of(caller))),
              Refusal.of(() -> v1alpha(channels.of(caller))))) {
        assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
        assertEquals("reflection.use", refusal.metadata().get("permission"), refusal.toString());
      }
    }
  }

  @Test
  void tellsNobodyWithoutACertificateAnything() {
    for (var refusal :
        List.of(Refusal.of(() -> v1(anonymous)), Refusal.of(() -> v1alpha(anonymous)))) {
      assertEquals(Status.Code.UNAUTHENTICATED, refusal.code());
      assertEquals("CERTIFICATE_REQUIRED", refusal.reason());
    }
  }

  private static List<String> v1(Channel channel) {
    var request =
        io.grpc.reflection.v1.ServerReflectionRequest.newBuilder().setListServices("").build();
    return ClientCalls.blockingServerStreamingCall(
            channel,
            io.grpc.reflection.v1.ServerReflectionGrpc.getServerReflectionInfoMethod(),
            options(),
            request)
        .next()
        .getListServicesResponse()
        .getServiceList()
        .stream()
        .map(io.grpc.reflection.v1.ServiceResponse::getName)
        .toList();
  }

  private static List<String> v1alpha(Channel channel) {
    var request =
        io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder().setListServices("").build();
    return ClientCalls.blockingServerStreamingCall(
            channel,
            io.grpc.reflection.v1alpha.ServerReflectionGrpc.getServerReflectionInfoMethod(),
            options(),
            request)
        .next()
        .getListServicesResponse()
        .getServiceList()
        .stream()
        .map(io.grpc.reflection.v1alpha.ServiceResponse::getName)
        .toList();
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
  }
}
