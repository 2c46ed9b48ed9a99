package dev.keyservice.limit;

import dev.keyservice.call.CallRefusal;
import dev.keyservice.call.CallStage;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.identity.Caller;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

/// The RATE_LIMIT stage: a caller that calls more often than it may is told when to come back. A
/// stream counts once, when it begins.
@GlobalInterceptor
@ApplicationScoped
public class RateLimitInterceptor implements ServerInterceptor, Prioritized {
  private final CallerLimits limits;
  private final CallRefusal refusal;

  RateLimitInterceptor(CallerLimits limits, CallRefusal refusal) {
    this.limits = limits;
    this.refusal = refusal;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var wait = limits.take(Caller.current());
    if (wait.isEmpty()) {
      return next.startCall(call, headers);
    }
    refusal.refuse(
        call,
        new Failure.ResourceExhausted(
            Reason.RATE_LIMITED, "the caller makes more calls than it may", wait.get()));
    return new ServerCall.Listener<>() {};
  }

  @Override
  public int getPriority() {
    return CallStage.RATE_LIMIT.priority();
  }
}
