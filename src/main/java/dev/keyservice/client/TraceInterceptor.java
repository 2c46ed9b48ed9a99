package dev.keyservice.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Sends the trace on that the caller is in, as W3C `traceparent` and `tracestate`.
final class TraceInterceptor implements ClientInterceptor {
  private final Supplier<Context> current;

  /// @param current asked at each call, on the thread that makes it
  TraceInterceptor(Supplier<Context> current) {
    this.current = current;
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    var context = current.get();
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        W3CTraceContextPropagator.getInstance().inject(context, headers, TraceInterceptor::put);
        super.start(listener, headers);
      }
    };
  }

  private static void put(@Nullable Metadata headers, String name, String value) {
    if (headers != null) {
      headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    }
  }
}
