package dev.keyservice.transport;

import io.grpc.Context;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import org.jspecify.annotations.Nullable;

/// Ties what a service method returns to the call that it is for.
@CallLifetime
@Interceptor
@Priority(Interceptor.Priority.PLATFORM_BEFORE)
class CallLifetimeInterceptor {
  @AroundInvoke
  @Nullable Object tie(InvocationContext invocation) throws Exception {
    var call = Context.current();
    var flow = CallFlow.KEY.get(call);
    if (flow != null) {
      tieRequests(invocation, flow);
    }
    return switch (invocation.proceed()) {
      case Uni<?> work -> new UniOfCall<>(work, call);
      case Multi<?> work -> new MultiOfCall<>(work, call, flow);
      case Object other -> other;
      case null -> null;
    };
  }

  private static void tieRequests(InvocationContext invocation, CallFlow flow) {
    var parameters = invocation.getParameters();
    if (parameters.length == 1 && parameters[0] instanceof Multi<?> requests) {
      invocation.setParameters(new Object[] {new RequestsOfCall<>(requests, flow)});
    }
  }
}
