package dev.keyservice.identity;

import dev.keyservice.call.CallRefusal;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.concurrent.TimeUnit;

/// A call that is over soon once it has its request. But its caller may send the headers while it
/// is believed, and the request when it is not any more: unless it comes at once, the caller is
/// authenticated again, since its key or its authority may be others by then.
final class UnaryCall<I> extends SimpleForwardingServerCallListener<I> {
  /// How long what was found out about the caller is news. Nearly every request is there by then.
  private static final long FRESH = TimeUnit.MILLISECONDS.toNanos(100);

  private final Standing standing;
  private final Authenticator authenticator;
  private final Metadata headers;
  private final ServerCall<I, ?> call;
  private final CallRefusal refusal;
  private final long begin = System.nanoTime();

  UnaryCall(
      ServerCall.Listener<I> next,
      Standing standing,
      Authenticator authenticator,
      Metadata headers,
      ServerCall<I, ?> call,
      CallRefusal refusal) {
    super(next);
    this.standing = standing;
    this.authenticator = authenticator;
    this.headers = headers;
    this.call = call;
    this.refusal = refusal;
  }

  /// Here the request is complete, and its work begins.
  @Override
  public void onHalfClose() {
    try {
      standing.require();
      if (System.nanoTime() - begin > FRESH) {
        authenticator.confirm(call.getAttributes(), headers);
      }
    } catch (RuntimeException refused) {
      // Fail closed: a fault refuses, too.
      refusal.refuse(call, refused);
      return;
    }
    super.onHalfClose();
  }
}
