package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.CallStage;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.MetStages;
import dev.keyservice.testing.ProbeGrpcService;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.Spans;
import dev.keyservice.testing.ThrowingAuthenticator;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeResponse;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.RunningServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the stages do to calls of all four kinds, on a running server over mutual TLS.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class StagesTest {
  private static final int CALLS = Boolean.getBoolean("proof.full") ? 1_000 : 50;
  private static final String PARENT_ID = "b7ad6b7169203331";
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  @Inject RunningServer server;

  /// One of its own for each test, because spans of an earlier one may come late.
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

  /// The four kinds of call.
  enum Kind {
    UNARY(ProbeServiceGrpc.getUnaryMethod()),
    SERVER_STREAM(ProbeServiceGrpc.getServerStreamMethod()),
    CLIENT_STREAM(ProbeServiceGrpc.getClientStreamMethod()),
    BIDI_STREAM(ProbeServiceGrpc.getBidiStreamMethod());

    @SuppressWarnings("ImmutableEnumChecker") // immutable, its type does not say so
    private final MethodDescriptor<ProbeRequest, ProbeResponse> method;

    Kind(MethodDescriptor<ProbeRequest, ProbeResponse> method) {
      this.method = method;
    }

    ProbeResponse call(Channel channel) throws InterruptedException {
      var answer = new Answer();
      var request = ProbeRequest.newBuilder().setAnswers(1).build();
      var call =
          channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
      if (method.getType().clientSendsOneMessage()) {
        ClientCalls.asyncServerStreamingCall(call, request, answer);
      } else {
        var requests = ClientCalls.asyncBidiStreamingCall(call, answer);
        requests.onNext(request);
        requests.onCompleted();
      }
      return answer.get();
    }
  }

  private static final class Answer implements StreamObserver<ProbeResponse> {
    private final CompletableFuture<ProbeResponse> result = new CompletableFuture<>();
    private ProbeResponse last = ProbeResponse.getDefaultInstance();

    @Override
    public void onNext(ProbeResponse response) {
      last = response;
    }

    @Override
    public void onError(Throwable failure) {
      result.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      result.complete(last);
    }

    ProbeResponse get() throws InterruptedException {
      try {
        return result.get(30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw (StatusRuntimeException) e.getCause();
      } catch (TimeoutException e) {
        throw new AssertionError(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallMeetsTheStagesInTheirOrderAndNoInterceptorOfOursBesides(Kind kind)
      throws InterruptedException {
    var _ = kind.call(channels.of("app"));
    var met = MetStages.of(kind.method.getFullMethodName());

    var stages = Arrays.stream(CallStage.values()).map(StagesTest::interceptorOf).toList();
    if (kind != Kind.UNARY) {
      var afterAudit = stages.subList(stages.indexOf("AuditInterceptor") + 1, stages.size());
      assertEquals(
          afterAudit, met.stream().filter(StagesTest::isOurs).map(StagesTest::simpleName).toList());
      return;
    }
    var ours = met.stream().filter(StagesTest::isOurs).map(StagesTest::simpleName).toList();
    assertEquals(stages, ours, met.toString());
    var names = met.stream().map(StagesTest::simpleName).toList();
    assertTrue(
        names.indexOf("AuthenticationInterceptor") < names.indexOf("GrpcTracingServerInterceptor"),
        met.toString());
    assertTrue(
        names.indexOf("GrpcTracingServerInterceptor") < names.indexOf("CallerSpanInterceptor"),
        met.toString());
  }

  /// What a CDI proxy passes on is seen at the interceptor itself.
  private static boolean isOurs(String interceptor) {
    return interceptor.startsWith("dev.keyservice.") && !interceptor.endsWith("_ClientProxy");
  }

  private static String simpleName(String type) {
    return type.substring(type.lastIndexOf('.') + 1);
  }

  /// `CALLER_SPAN` is the stage of `CallerSpanInterceptor`.
  private static String interceptorOf(CallStage stage) {
    return Arrays.stream(stage.name().split("_"))
            .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
            .collect(Collectors.joining())
        + "Interceptor";
  }

  @ParameterizedTest
  @EnumSource
  void anAcceptedCallLeavesOneSpanWithItsCallerAndParent(Kind kind) throws InterruptedException {
    for (var i = 0; i < CALLS; i++) {
      var answer = kind.call(traced(channels.of("app")));
      assertEquals("cn:app", answer.getCallerId());
    }

    var spans = Spans.of(traceId, CALLS);
    assertEquals(CALLS, spans.size());
    for (var span : spans) {
      assertEquals(SpanKind.SERVER, span.getKind());
      assertEquals(PARENT_ID, span.getParentSpanId());
      assertEquals("app", span.getAttributes().get(AttributeKey.stringKey("caller.cn")));
      assertEquals("cn:app", span.getAttributes().get(AttributeKey.stringKey("caller.id")));
      assertEquals(
          kind.method.getBareMethodName(),
          span.getAttributes().get(AttributeKey.stringKey("rpc.method")));
    }
    System.out.println(
        "proof: " + CALLS + " accepted " + kind + " calls left " + spans.size() + " spans");
  }

  @ParameterizedTest
  @EnumSource
  void aRejectedCallLeavesNoSpan(Kind kind) throws InterruptedException {
    var before = Spans.settledServerSpans();
    for (var i = 0; i < CALLS; i++) {
      var refused = refused(kind, traced(channels.of("nameless")));
      assertEquals(Status.Code.UNAUTHENTICATED, refused.getCode());
    }

    assertNoSpanSince(before, CALLS + " rejected " + kind);
  }

  @ParameterizedTest
  @EnumSource
  void aCallLeavesNoSpanWhenTheAuthenticatorBreaksDown(Kind kind) throws InterruptedException {
    var before = Spans.settledServerSpans();
    for (var i = 0; i < CALLS; i++) {
      var refused = refused(kind, traced(with(ThrowingAuthenticator.BREAK, "now", "app")));
      assertEquals(Status.Code.UNAUTHENTICATED, refused.getCode());
      assertFalse(String.valueOf(refused.getDescription()).contains("secret"));
    }

    assertNoSpanSince(before, CALLS + " unauthenticatable " + kind);
  }

  /// Whatever its trace: a span that lost the caller's parent would be in one of its own.
  private void assertNoSpanSince(long before, String what) throws InterruptedException {
    // The spans of earlier calls would be there by the time that of a later one is.
    assertEquals("cn:app", Kind.UNARY.call(traced(channels.of("app"))).getCallerId());
    assertEquals(1, Spans.of(traceId, 1).size());
    var spans = Spans.settledServerSpans() - before - 1;
    assertEquals(0, spans);
    System.out.println("proof: " + what + " calls left " + spans + " spans");
  }

  @Test
  void healthLeavesNoSpan() throws InterruptedException {
    var before = Spans.settledServerSpans();
    var health = HealthGrpc.newBlockingStub(traced(channels.of("app")));

    var _ = health.check(HealthCheckRequest.getDefaultInstance());

    assertNoSpanSince(before, "1 health");
  }

  @ParameterizedTest
  @ValueSource(strings = {"throw", "fail", "hop"})
  void aBugIsAnInternalErrorAndNothingMore(String how) {
    var stub = ProbeServiceGrpc.newBlockingStub(channels.of("app"));
    var request = ProbeRequest.newBuilder().setHow(how).build();

    var refused = assertThrows(StatusRuntimeException.class, () -> stub.broken(request));

    assertEquals(Status.Code.INTERNAL, refused.getStatus().getCode());
    assertEquals("internal error", refused.getStatus().getDescription());
    assertFalse(String.valueOf(refused.getTrailers()).contains("secret"));
  }

  @Test
  void whatACallBringsIsNotSentBack() {
    var secret = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    var stub = ProbeServiceGrpc.newBlockingStub(with(secret, "Bearer sentinel", "app"));

    var refused =
        assertThrows(
            StatusRuntimeException.class, () -> stub.broken(ProbeRequest.getDefaultInstance()));

    assertFalse(String.valueOf(refused.getTrailers()).contains("sentinel"));
    assertFalse(refused.getTrailers().containsKey(secret));
  }

  @Test
  void theWorkStopsWhenTheDeadlinePasses() throws InterruptedException {
    var cancelled = ProbeGrpcService.SLOW_CANCELLED.get();
    var begin = System.nanoTime();

    var refused =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                ProbeServiceGrpc.newBlockingStub(channels.of("app"))
                    .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                    .slow(ProbeRequest.getDefaultInstance()));

    assertEquals(Status.Code.DEADLINE_EXCEEDED, refused.getStatus().getCode());
    awaitCancelled(cancelled + 1);
    var millis = TimeUnit.NANOSECONDS.toMillis(ProbeGrpcService.LAST_CANCELLED.get() - begin);
    assertTrue(millis >= 150 && millis < 2_000, "stopped after " + millis + " ms");
    System.out.println(
        "proof: a call with 200 ms to live: its work stopped after " + millis + " ms");
  }

  @Test
  void theWorkStopsWhenTheCallerGoesAway() throws InterruptedException {
    var cancelled = ProbeGrpcService.SLOW_CANCELLED.get();
    var begun = ProbeGrpcService.SLOW_BEGUN.get();
    var channel = channels.another("app");
    var call = ProbeServiceGrpc.newFutureStub(channel).slow(ProbeRequest.getDefaultInstance());
    while (ProbeGrpcService.SLOW_BEGUN.get() == begun) {
      TimeUnit.MILLISECONDS.sleep(5);
    }

    channel.shutdownNow();

    awaitCancelled(cancelled + 1);
    assertTrue(call.isDone() || call.cancel(true));
  }

  private static void awaitCancelled(int count) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (ProbeGrpcService.SLOW_CANCELLED.get() < count && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    assertEquals(count, ProbeGrpcService.SLOW_CANCELLED.get());
  }

  /// Many calls of several callers at once, each on a connection that others share.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void callersAreNeverMixedUp(boolean offTheLoop) {
    var callers = List.of("app", "admin", "all", "spiffe");
    var calls =
        IntStream.range(0, CALLS * 4)
            .mapToObj(i -> answerTo(callers.get(i % callers.size()), "request " + i, offTheLoop))
            .toList();

    var seen = calls.stream().map(CompletableFuture::join).distinct().sorted().toList();

    assertEquals(
        List.of(
            "admin is cn:admin",
            "all is cn:all",
            "app is cn:app",
            "spiffe is spiffe://test.example/ns/a/sa/b"),
        seen);
  }

  private CompletableFuture<String> answerTo(String caller, String request, boolean offTheLoop) {
    var answer = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            answer.complete(caller + " is " + callerOf(caller, request, offTheLoop));
          } catch (RuntimeException | AssertionError e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private String callerOf(String caller, String text, boolean offTheLoop) {
    var stub =
        ProbeServiceGrpc.newBlockingStub(channels.of(caller))
            .withDeadlineAfter(30, TimeUnit.SECONDS);
    var request = ProbeRequest.newBuilder().setHow(text).build();
    if (!offTheLoop) {
      return stub.unary(request).getCallerId();
    }
    var answer = stub.hop(request);
    assertEquals(text, answer.getHow());
    return answer.getCallerId();
  }

  private Channel traced(Channel channel) {
    return with(TRACEPARENT, "00-" + traceId + "-" + PARENT_ID + "-01", channel);
  }

  private Channel with(Metadata.Key<String> header, String value, String caller) {
    return with(header, value, channels.of(caller));
  }

  private static Channel with(Metadata.Key<String> header, String value, Channel channel) {
    var headers = new Metadata();
    headers.put(header, value);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static Status refused(Kind kind, Channel channel) {
    return assertThrows(StatusRuntimeException.class, () -> kind.call(channel)).getStatus();
  }
}
