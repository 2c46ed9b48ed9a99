package dev.keyservice.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;

/// Gives every call with one answer a deadline that has none of its own; a stream of answers may go
/// on for as long as somebody reads it. It counts from the call, not from when the stub was made,
/// so that a stub can be kept.
final class DeadlineInterceptor implements ClientInterceptor {
  private final Duration limit;

  DeadlineInterceptor(Duration limit) {
    this.limit = limit;
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    var unlimited = options.getDeadline() == null && method.getType().serverSendsOneMessage();
    return next.newCall(method, unlimited ? options.withDeadlineAfter(limit) : options);
  }
}
