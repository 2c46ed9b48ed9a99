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
    return switch (invocation.proceed()) {
      case Uni<?> work -> new UniOfCall<>(work, call);
      case Multi<?> work -> new MultiOfCall<>(work, call);
      case Object other -> other;
      case null -> null;
    };
  }
}
