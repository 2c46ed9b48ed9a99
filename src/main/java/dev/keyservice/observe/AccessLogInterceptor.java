package dev.keyservice.observe;

import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallStage;
import dev.keyservice.call.RequestId;
import dev.keyservice.failure.Reason;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.concurrent.atomic.AtomicBoolean;

/// The ACCESS_LOG stage: opens the [CallRecord] of a call; when the call ends, whether it is
/// answered or its caller goes away, counts it and writes its line.
@GlobalInterceptor
@ApplicationScoped
public class AccessLogInterceptor implements ServerInterceptor, Prioritized {
  private final AccessLog log;
  private final CallMetrics metrics;

  AccessLogInterceptor(AccessLog log, CallMetrics metrics) {
    this.log = log;
    this.metrics = metrics;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var record =
        new CallRecord(
            call.getMethodDescriptor().getFullMethodName(),
            String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)),
            System.nanoTime());
    RequestId.of(headers).ifPresent(record::requestedAs);
    var logged = new Logged<>(call, record, metrics.began(call.getMethodDescriptor()));
    var context = Context.current().withValue(CallRecord.KEY, record);
    var listener = Contexts.interceptCall(context, logged, headers, next);
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onCancel() {
        logged.giveUp(context);
        super.onCancel();
      }
    };
  }

  /// Why a call ends without an answer.
  static Reason whyGivenUp(Context context) {
    var status = Contexts.statusFromCancelled(context);
    return status != null && status.getCode() == Status.Code.DEADLINE_EXCEEDED
        ? Reason.DEADLINE_EXCEEDED
        : Reason.CANCELLED;
  }

  @Override
  public int getPriority() {
    return CallStage.ACCESS_LOG.priority();
  }

  private final class Logged<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
    private final CallRecord record;
    private final MethodMeters meters;
    private final AtomicBoolean ended = new AtomicBoolean();

    Logged(ServerCall<ReqT, RespT> call, CallRecord record, MethodMeters meters) {
      super(call);
      this.record = record;
      this.meters = meters;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      end(status.getCode());
      super.close(status, trailers);
    }

    /// The end of a call that nobody answered in time.
    void giveUp(Context context) {
      if (ended.compareAndSet(false, true)) {
        var reason = whyGivenUp(context);
        record.failedWith(reason.name());
        tell(Status.Code.valueOf(reason.name()));
      }
    }

    /// An answer may come from any thread, and while the call is given up.
    private void end(Status.Code code) {
      if (ended.compareAndSet(false, true)) {
        tell(code);
      }
    }

    private void tell(Status.Code code) {
      metrics.ended(meters, record, code);
      log.write(record, code);
    }
  }
}
