package dev.keyservice.identity;

import dev.keyservice.call.CallRefusal;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;

/// A call that is over soon once it has its request. But its caller may send the headers while it
/// is believed, and the request when it is not any more: it is authenticated again, since its key
/// or its authority may be others by then.
final class UnaryCall<I> extends SimpleForwardingServerCallListener<I> {
  private final Authenticator authenticator;
  private final Metadata headers;
  private final ServerCall<I, ?> call;
  private final CallRefusal refusal;

  UnaryCall(
      ServerCall.Listener<I> next,
      Authenticator authenticator,
      Metadata headers,
      ServerCall<I, ?> call,
      CallRefusal refusal) {
    super(next);
    this.authenticator = authenticator;
    this.headers = headers;
    this.call = call;
    this.refusal = refusal;
  }

  /// Here the request is complete, and its work begins.
  @Override
  public void onHalfClose() {
    try {
      authenticator.confirm(call.getAttributes(), headers);
    } catch (RuntimeException refused) {
      // Fail closed: a fault refuses, too.
      refusal.refuse(call, refused);
      return;
    }
    super.onHalfClose();
  }
}
