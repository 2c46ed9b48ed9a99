package dev.keyservice.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.quarkus.grpc.ExceptionHandler;
import io.quarkus.grpc.ExceptionHandlerProvider;
import jakarta.inject.Singleton;

/// Gives Quarkus's gRPC machinery our translation of failures in place of its own: for what a `Uni`
/// or `Multi` fails with, and for what is thrown on the way.
@Singleton
public final class FailureHandlerProvider implements ExceptionHandlerProvider {
  private final StatusMapping mapping;

  FailureHandlerProvider(StatusMapping mapping) {
    this.mapping = mapping;
  }

  @Override
  public <ReqT, RespT> ExceptionHandler<ReqT, RespT> createHandler(
      ServerCall.Listener<ReqT> listener, ServerCall<ReqT, RespT> call, Metadata headers) {
    return new FailureListener<>(listener, call, headers, mapping);
  }

  @Override
  public Throwable transform(Throwable failure) {
    return mapping.toStatus(failure);
  }
}
