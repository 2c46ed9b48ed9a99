package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;

/// A call that may outlast what its caller has proved: it ends when that is not believed any more.
/// A certificate that is refused ends it at once, by its connection; everything else is found out
/// by [LongCalls], or with the next message.
final class StreamingCall<I> extends SimpleForwardingServerCallListener<I> {
  private final Standing standing;
  private final LongCalls calls;
  private final Context.CancellableContext context;

  private StreamingCall(
      ServerCall.Listener<I> next,
      Standing standing,
      LongCalls calls,
      Context.CancellableContext context) {
    super(next);
    this.standing = standing;
    this.calls = calls;
    this.context = context;
  }

  static <I, O> ServerCall.Listener<I> begin(
      Standing standing,
      LongCalls calls,
      Context outer,
      ServerCall<I, O> call,
      Metadata headers,
      ServerCallHandler<I, O> next) {
    var connection = standing.connection();
    var context = connection == null ? outer.withCancellation() : connection.begin(outer);
    calls.begin(context, call.getAttributes(), headers);
    try {
      return new StreamingCall<>(
          Contexts.interceptCall(context, call, headers, next), standing, calls, context);
    } catch (RuntimeException | Error e) {
      end(standing, calls, context);
      throw e;
    }
  }

  private static void end(Standing standing, LongCalls calls, Context.CancellableContext context) {
    calls.end(context);
    var connection = standing.connection();
    if (connection != null) {
      connection.end(context);
    } else {
      var _ = context.cancel(null);
    }
  }

  /// What arrives at the moment of a refusal could overtake it.
  private void endIfRefused() {
    try {
      standing.require();
    } catch (Failure.Unauthenticated refused) {
      var _ = context.cancel(refused);
    }
  }

  @Override
  public void onMessage(I message) {
    endIfRefused();
    super.onMessage(message);
  }

  @Override
  public void onHalfClose() {
    endIfRefused();
    super.onHalfClose();
  }

  @Override
  public void onComplete() {
    try {
      super.onComplete();
    } finally {
      end(standing, calls, context);
    }
  }

  @Override
  public void onCancel() {
    try {
      super.onCancel();
    } finally {
      end(standing, calls, context);
    }
  }
}
