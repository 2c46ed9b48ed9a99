package dev.keyservice.rpc;

import dev.keyservice.call.CallRefusal;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.quarkus.grpc.ExceptionHandler;

/// Answers for whatever is thrown while a call's events are handled. The default of Quarkus would
/// put the class name and the message of the exception on the wire, and the request's metadata with
/// them.
final class FailureListener<ReqT, RespT> extends ExceptionHandler<ReqT, RespT> {
  private final CallRefusal refusal;

  FailureListener(
      ServerCall.Listener<ReqT> next,
      ServerCall<ReqT, RespT> call,
      Metadata headers,
      CallRefusal refusal) {
    super(next, call, headers);
    this.refusal = refusal;
  }

  @Override
  protected void handleException(Throwable t, ServerCall<ReqT, RespT> call, Metadata headers) {
    refusal.refuse(call, t);
  }
}
