package dev.keyservice.observe;

import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallStage;
import dev.keyservice.identity.Caller;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Optional;
import org.jboss.logging.MDC;

/// The CALLER_SPAN stage: says on the span that tracing has just begun, and in the log context of
/// the call, who calls; and at the end which key was used and what went wrong.
///
/// Quarkus's tracing sets the attributes of OpenTelemetry's conventions for RPC, `rpc.method` and
/// `rpc.grpc.status_code` among them, and leaves the status of the span unset whatever becomes of
/// the call.
@GlobalInterceptor
@ApplicationScoped
public class CallerSpanInterceptor implements ServerInterceptor, Prioritized {
  private static final AttributeKey<String> CALLER_ID = AttributeKey.stringKey("caller.id");
  private static final AttributeKey<String> CALLER_CN = AttributeKey.stringKey("caller.cn");
  private static final AttributeKey<String> KEY = AttributeKey.stringKey("keyservice.key");
  private static final AttributeKey<Long> VERSION = AttributeKey.longKey("keyservice.key_version");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("keyservice.reason");
  private static final AttributeKey<String> REQUEST_ID =
      AttributeKey.stringKey("keyservice.request_id");

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var caller = Caller.current();
    // The context of a Quarkus call is its own, so these end with the call.
    MDC.put("caller", caller.id());
    MDC.put("method", call.getMethodDescriptor().getFullMethodName());
    var span = Span.current();
    var record = CallRecord.current();
    if (span.getSpanContext().isValid()) {
      record.ifPresent(known -> known.tracedAs(span.getSpanContext().getTraceId()));
    }
    if (!span.isRecording()) {
      return next.startCall(call, headers);
    }
    span.setAttribute(CALLER_ID, caller.id());
    if (!caller.commonName().isEmpty()) {
      span.setAttribute(CALLER_CN, caller.commonName());
    }
    record
        .flatMap(CallRecord::requestId)
        .ifPresent(requestId -> span.setAttribute(REQUEST_ID, requestId));
    var spanned = new Spanned<>(call, span, record);
    var context = Context.current();
    return new SimpleForwardingServerCallListener<>(next.startCall(spanned, headers)) {
      @Override
      public void onCancel() {
        spanned.giveUp(context);
        super.onCancel();
      }
    };
  }

  @Override
  public int getPriority() {
    return CallStage.CALLER_SPAN.priority();
  }

  /// Whether the service is to blame, as OpenTelemetry's conventions have it for the SERVER spans
  /// of gRPC: what a caller did wrong, or may not, is no error of the service.
  static boolean isError(Status.Code code) {
    return switch (code) {
      case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
      case OK,
          CANCELLED,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNAUTHENTICATED ->
          false;
    };
  }

  /// The record is captured when the call begins: `close` may come from any thread.
  private static final class Spanned<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
    private final Span span;
    private final Optional<CallRecord> record;

    Spanned(ServerCall<ReqT, RespT> call, Span span, Optional<CallRecord> record) {
      super(call);
      this.span = span;
      this.record = record;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      describe(status.getCode(), record.flatMap(CallRecord::reason));
      super.close(status, trailers);
    }

    /// The call ends without an answer.
    void giveUp(Context context) {
      var reason = AccessLogInterceptor.whyGivenUp(context);
      describe(Status.Code.valueOf(reason.name()), Optional.of(reason.name()));
    }

    private void describe(Status.Code code, Optional<String> reason) {
      record.flatMap(CallRecord::key).ifPresent(key -> span.setAttribute(KEY, key));
      record
          .flatMap(CallRecord::version)
          .ifPresent(version -> span.setAttribute(VERSION, (long) version));
      reason.ifPresent(word -> span.setAttribute(REASON, word));
      if (isError(code)) {
        span.setStatus(StatusCode.ERROR, reason.orElse(code.name()));
      }
    }
  }
}
