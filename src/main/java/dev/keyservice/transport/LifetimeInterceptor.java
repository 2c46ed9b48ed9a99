package dev.keyservice.transport;

import dev.keyservice.call.CallRefusal;
import dev.keyservice.call.CallStage;
import dev.keyservice.failure.Failure;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.inject.spi.Prioritized;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Stage LIFETIME: refuses a call whose time is over before any work is spent on it, and keeps the
/// call's gRPC context, which knows deadline and cancellation, around everything further in. From
/// here on it is one of the [LiveCalls].
@GlobalInterceptor
@Singleton
public final class LifetimeInterceptor implements ServerInterceptor, Prioritized {
  private final Duration minimum;
  private final LiveCalls calls;
  private final CallRefusal refusal;

  @Inject
  LifetimeInterceptor(ServerSettings settings, LiveCalls calls, CallRefusal refusal) {
    this.calls = calls;
    this.minimum = settings.limits().minimumTime();
    this.refusal = refusal;
  }

  @Override
  public int getPriority() {
    return CallStage.LIFETIME.priority();
  }

  @Override
  public <I, O> ServerCall.Listener<I> interceptCall(
      ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
    var context = Context.current();
    if (isTooLate(context)) {
      refusal.refuse(call, new Failure.DeadlineExceeded());
      return new ServerCall.Listener<>() {};
    }
    return call.getMethodDescriptor().getType() == MethodType.UNARY
        ? calls.beginUnary(context, call, headers, next)
        : calls.beginStream(context, call, headers, next);
  }

  private boolean isTooLate(Context context) {
    var deadline = context.getDeadline();
    return deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) < minimum.toNanos();
  }
}
