package dev.keyservice.identity;

import dev.keyservice.call.CallRefusal;
import dev.keyservice.failure.Failure;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;

/// A call that is over soon once it has its request. But its caller may send the headers while it
/// is believed, and the request when it is not any more.
final class UnaryCall<I> extends SimpleForwardingServerCallListener<I> {
  private final Standing standing;
  private final ServerCall<I, ?> call;
  private final CallRefusal refusal;

  UnaryCall(
      ServerCall.Listener<I> next, Standing standing, ServerCall<I, ?> call, CallRefusal refusal) {
    super(next);
    this.standing = standing;
    this.call = call;
    this.refusal = refusal;
  }

  /// Here the request is complete, and its work begins.
  @Override
  public void onHalfClose() {
    try {
      standing.require();
    } catch (Failure.Unauthenticated refused) {
      refusal.refuse(call, refused);
      return;
    }
    super.onHalfClose();
  }
}
