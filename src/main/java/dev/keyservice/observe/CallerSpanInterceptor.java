package dev.keyservice.observe;

import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallStage;
import dev.keyservice.identity.Caller;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Optional;
import org.jboss.logging.MDC;

/// The CALLER_SPAN stage: says on the span that tracing has just begun, and in the log context of
/// the call, who calls; and at the end which key was used.
@GlobalInterceptor
@ApplicationScoped
public class CallerSpanInterceptor implements ServerInterceptor, Prioritized {
  private static final AttributeKey<String> CALLER_ID = AttributeKey.stringKey("caller.id");
  private static final AttributeKey<String> CALLER_CN = AttributeKey.stringKey("caller.cn");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("rpc.method");
  private static final AttributeKey<String> KEY = AttributeKey.stringKey("keyservice.key");
  private static final AttributeKey<Long> VERSION = AttributeKey.longKey("keyservice.key_version");

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var caller = Caller.current();
    var span = Span.current();
    span.setAttribute(CALLER_ID, caller.id());
    span.setAttribute(CALLER_CN, caller.commonName());
    span.setAttribute(METHOD, call.getMethodDescriptor().getBareMethodName());
    // The context of a Quarkus call is its own, so these end with the call.
    MDC.put("caller", caller.id());
    MDC.put("method", call.getMethodDescriptor().getFullMethodName());
    var context = span.getSpanContext();
    if (!context.isValid()) {
      return next.startCall(call, headers);
    }
    CallRecord.current().ifPresent(record -> record.tracedAs(context.getTraceId()));
    return next.startCall(new Spanned<>(call, span), headers);
  }

  @Override
  public int getPriority() {
    return CallStage.CALLER_SPAN.priority();
  }

  /// The record is captured when the call begins: `close` may come from any thread.
  private static final class Spanned<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
    private final Span span;
    private final Optional<CallRecord> record = CallRecord.current();

    Spanned(ServerCall<ReqT, RespT> call, Span span) {
      super(call);
      this.span = span;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      record.ifPresent(this::describe);
      super.close(status, trailers);
    }

    private void describe(CallRecord call) {
      call.key().ifPresent(key -> span.setAttribute(KEY, key));
      call.version().ifPresent(version -> span.setAttribute(VERSION, (long) version));
    }
  }
}
