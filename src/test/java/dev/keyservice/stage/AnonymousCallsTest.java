package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.rpc.ErrorInfo;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.Spans;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.Connections;
import dev.keyservice.transport.RunningServer;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Calls on connections without a certificate, where the service takes them.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
@TestProfile(AnonymousCallsTest.Optionally.class)
class AnonymousCallsTest {
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  @Inject RunningServer server;
  @Inject Connections connections;

  private final String traceId = UUID.randomUUID().toString().replace("-", "");
  private ManagedChannel anonymous;

  /// The service with this one setting.
  public static final class Optionally implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("keyservice.tls.client-auth", "optional");
    }
  }

  @BeforeEach
  void connect() throws IOException {
    var ca = RunningInstallation.get().file("ca.pem").toFile();
    anonymous =
        NettyChannelBuilder.forAddress("localhost", server.port())
            .sslContext(GrpcSslContexts.forClient().trustManager(ca).build())
            .build();
  }

  @AfterEach
  void disconnect() {
    anonymous.shutdownNow();
  }

  @Test
  void healthAnswersAndNobodyIsJudged() {
    var status =
        HealthGrpc.newBlockingStub(anonymous)
            .check(HealthCheckRequest.getDefaultInstance())
            .getStatus();

    assertEquals(ServingStatus.SERVING, status);
    assertEquals(0, connections.count());
  }

  @Test
  void everyOtherCallIsRefusedAndLeavesNoSpan() throws Exception {
    var traced = traced(anonymous);

    var unary =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                ProbeServiceGrpc.newBlockingStub(traced).unary(ProbeRequest.getDefaultInstance()));
    var stream =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                ProbeServiceGrpc.newBlockingStub(traced)
                    .serverStream(ProbeRequest.newBuilder().setAnswers(1).build())
                    .next());

    for (var refused : List.of(unary, stream)) {
      assertEquals(Status.Code.UNAUTHENTICATED, refused.getStatus().getCode());
      assertEquals("CERTIFICATE_REQUIRED", reason(refused));
    }
    assertEquals(List.of(), Spans.of(traceId, 1));
  }

  @Test
  void aCallerWithACertificateIsKnownByIt() throws Exception {
    try (var channels = new Channels(RunningInstallation.get(), server.port())) {
      var me =
          ProbeServiceGrpc.newBlockingStub(traced(channels.of("app")))
              .unary(ProbeRequest.getDefaultInstance());

      assertEquals("cn:app", me.getCallerId());
      assertEquals(1, connections.count());
      assertEquals(1, Spans.of(traceId, 1).size());
    }
  }

  private Channel traced(Channel channel) {
    var headers = new Metadata();
    headers.put(TRACEPARENT, "00-" + traceId + "-b7ad6b7169203331-01");
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static String reason(StatusRuntimeException refused) throws IOException {
    return StatusProto.fromThrowable(refused).getDetails(0).unpack(ErrorInfo.class).getReason();
  }
}
