package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.ProbeGrpcService;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.Spans;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.RunningServer;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the span of a call says when the call ends badly.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class CallSpansTest {
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  @Inject RunningServer server;

  private final String traceId = UUID.randomUUID().toString().replace("-", "");
  private Channels channels;

  @BeforeEach
  void connect() {
    channels = new Channels(RunningInstallation.get(), server.port());
  }

  @AfterEach
  void disconnect() {
    channels.close();
  }

  private Channel traced(String flags) {
    return with(TRACEPARENT, "00-" + traceId + "-b7ad6b7169203331-" + flags, channels.of("app"));
  }

  private static Channel with(Metadata.Key<String> key, String value, Channel channel) {
    var headers = new Metadata();
    headers.put(key, value);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private SpanData span() throws InterruptedException {
    var spans = Spans.of(traceId, 1);
    assertEquals(1, spans.size());
    return spans.getFirst();
  }

  private static String reason(SpanData span) {
    return span.getAttributes().get(AttributeKey.stringKey("keyservice.reason"));
  }

  private static Long code(SpanData span) {
    return span.getAttributes().get(AttributeKey.longKey("rpc.grpc.status_code"));
  }

  @Test
  void aBugIsAnErrorAndNothingOfItIsInTheSpan() throws InterruptedException {
    var stub = ProbeServiceGrpc.newBlockingStub(traced("01"));

    assertThrows(
        StatusRuntimeException.class, () -> stub.broken(ProbeRequest.getDefaultInstance()));

    var span = span();
    assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
    assertEquals("INTERNAL_ERROR", span.getStatus().getDescription());
    assertEquals("INTERNAL_ERROR", reason(span));
    assertEquals(13L, code(span));
    assertEquals(List.of(), span.getEvents(), "an exception would be here, with its message");
  }

  @Test
  void aCallThatSucceedsHasNoStatusOfItsOwn() throws InterruptedException {
    var _ = ProbeServiceGrpc.newBlockingStub(traced("01")).unary(ProbeRequest.getDefaultInstance());

    var span = span();
    assertEquals(StatusCode.UNSET, span.getStatus().getStatusCode());
    assertEquals(0L, code(span));
    assertEquals(null, reason(span));
    assertEquals("grpc", span.getAttributes().get(AttributeKey.stringKey("rpc.system")));
    assertEquals(
        "keyservice.testing.ProbeService",
        span.getAttributes().get(AttributeKey.stringKey("rpc.service")));
    assertEquals("Unary", span.getAttributes().get(AttributeKey.stringKey("rpc.method")));
  }

  /// As a slow network looks: the caller does not cancel.
  @Test
  void aCallAtItsDeadlineIsAnError() throws InterruptedException {
    var stub = ProbeServiceGrpc.newBlockingStub(with(TIMEOUT, "100m", traced("01")));

    assertThrows(StatusRuntimeException.class, () -> stub.slow(ProbeRequest.getDefaultInstance()));

    var span = span();
    assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
    assertEquals("DEADLINE_EXCEEDED", reason(span));
  }

  @Test
  void aCallThatItsCallerCancelsIsNoError() throws InterruptedException {
    var begun = ProbeGrpcService.SLOW_BEGUN.get();
    var call = ProbeServiceGrpc.newFutureStub(traced("01")).slow(ProbeRequest.getDefaultInstance());
    while (ProbeGrpcService.SLOW_BEGUN.get() == begun) {
      TimeUnit.MILLISECONDS.sleep(5);
    }

    assertTrue(call.cancel(true));

    var span = span();
    assertEquals(StatusCode.UNSET, span.getStatus().getStatusCode());
    assertEquals("CANCELLED", reason(span));
    assertEquals(1L, code(span));
  }

  @Test
  void aCallThatItsCallerDoesNotSampleLeavesNoSpan() throws InterruptedException {
    var stub = ProbeServiceGrpc.newBlockingStub(traced("00"));

    var _ = stub.unary(ProbeRequest.getDefaultInstance());

    assertEquals(List.of(), Spans.of(traceId, 1));
  }
}
