package dev.keyservice.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;

/// Gives every call a deadline that has none of its own. It counts from the call, not from when the
/// stub was made, so that a stub can be kept.
final class DeadlineInterceptor implements ClientInterceptor {
  private final Duration limit;

  DeadlineInterceptor(Duration limit) {
    this.limit = limit;
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    var limited = options.getDeadline() == null ? options.withDeadlineAfter(limit) : options;
    return next.newCall(method, limited);
  }
}
