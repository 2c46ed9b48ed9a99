package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.RequestId;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.LogLines;
import dev.keyservice.testing.ProbeGrpcService;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeResponse;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.Connections;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerTls;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The one line that each call leaves, however it ends.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class AccessLogTest {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  @Inject RunningServer server;
  @Inject ServerTls tls;
  @Inject Connections connections;

  private LogLines lines;
  private Channels channels;

  @BeforeEach
  void connect() {
    channels = new Channels(RunningInstallation.get(), server.port());
    lines = LogLines.of("dev.keyservice.access-log");
  }

  @AfterEach
  void disconnect() {
    lines.close();
    channels.close();
  }

  /// The caller sets a deadline and does not cancel when it has passed, as a slow network looks.
  @RepeatedTest(5)
  void aCallAtItsDeadlineSaysSo() throws InterruptedException {
    var headers = new Metadata();
    headers.put(TIMEOUT, "100m");
    var patient =
        ProbeServiceGrpc.newBlockingStub(channels.of("app"))
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));

    assertThrows(
        StatusRuntimeException.class, () -> patient.slow(ProbeRequest.getDefaultInstance()));

    assertOneLine("Slow", "code=DEADLINE_EXCEEDED reason=DEADLINE_EXCEEDED ");
  }

  /// The service hears of the caller's giving up and of the deadline at about the same time.
  @RepeatedTest(5)
  void aCallThatIsGivenUpAtItsDeadlineSaysWhichItWas() throws InterruptedException {
    var stub = ProbeServiceGrpc.newBlockingStub(channels.of("app"));
    var _ = stub.unary(ProbeRequest.getDefaultInstance());

    var refused =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                stub.withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                    .slow(ProbeRequest.getDefaultInstance()));

    assertEquals(Status.Code.DEADLINE_EXCEEDED, refused.getStatus().getCode());
    assertOneLine("Slow", "code=(DEADLINE_EXCEEDED|CANCELLED) reason=\\1 ");
  }

  @RepeatedTest(5)
  void aCallThatItsCallerCancelsSaysSo() throws InterruptedException {
    var begun = ProbeGrpcService.SLOW_BEGUN.get();
    var call =
        ProbeServiceGrpc.newFutureStub(channels.of("app")).slow(ProbeRequest.getDefaultInstance());
    while (ProbeGrpcService.SLOW_BEGUN.get() == begun) {
      TimeUnit.MILLISECONDS.sleep(5);
    }

    assertTrue(call.cancel(true));

    assertOneLine("Slow", "code=CANCELLED reason=CANCELLED ");
  }

  @Test
  void aCallThatSucceedsSaysWhatItWasCalled() throws InterruptedException {
    var _ = answerTo("7f3c-9b1e");

    assertOneLine("Unary", "outcome=ok code=OK ms=.* requestId=7f3c-9b1e traceId=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"with spaces code=INTERNAL", "\"quoted\""})
  void aRequestIdThatIsNoneIsLeftOut(String id) throws InterruptedException {
    var _ = answerTo(id);

    assertOneLine("Unary", "code=OK ms=[\\d.]+ peer=\\S+ traceId=");
    assertEquals(List.of(), lines.with("requestId"));
  }

  private ProbeResponse answerTo(String requestId) {
    var headers = new Metadata();
    headers.put(RequestId.HEADER, requestId);
    return ProbeServiceGrpc.newBlockingStub(channels.of("app"))
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .unary(ProbeRequest.getDefaultInstance());
  }

  @Test
  void aFailureOffTheEventLoopHasItsReasonToo() throws InterruptedException {
    var stub = ProbeServiceGrpc.newBlockingStub(channels.of("app"));
    var request = ProbeRequest.newBuilder().setHow("hop").build();

    assertThrows(StatusRuntimeException.class, () -> stub.broken(request));

    assertOneLine("Broken", "outcome=error code=INTERNAL reason=INTERNAL_ERROR ");
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatEndsWithItsCertificateSaysSo(RunningStream.Kind kind) throws Exception {
    var installation = RunningInstallation.get();
    var victim = installation.ca().client("victim");
    installation.save("victim", victim);
    try (var believing = new Believing(installation, tls, connections)) {
      var running = connections.streams();
      var stream = RunningStream.begin(kind, channels.another("victim"));
      while (connections.streams() == running) {
        TimeUnit.MILLISECONDS.sleep(5);
      }

      believing.put(believing.without(victim.certificate()));

      var _ = stream.end();
    }
    assertOneLine(kind.method(), "outcome=denied code=UNAUTHENTICATED reason=CERTIFICATE_REFUSED ");
  }

  private void assertOneLine(String method, String facts) throws InterruptedException {
    for (var i = 0; i < 250 && lines.with("ProbeService/" + method).isEmpty(); i++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    // A second one would come from the other end of the call, at about the same time.
    TimeUnit.MILLISECONDS.sleep(100);
    var found = lines.with("ProbeService/" + method);
    assertEquals(1, found.size(), found.toString());
    assertTrue(Pattern.compile(facts).matcher(found.getFirst()).find(), found.toString());
  }
}
