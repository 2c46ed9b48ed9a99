package dev.keyservice.rpc;

import dev.keyservice.call.CallStage;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

/// The ERRORS stage: no status leaves without a reason from the error contract, and nothing that is
/// thrown leaves at all.
@GlobalInterceptor
@ApplicationScoped
public class ErrorsInterceptor implements ServerInterceptor, Prioritized {
  private final StatusMapping mapping;

  ErrorsInterceptor(StatusMapping mapping) {
    this.mapping = mapping;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var answered = new Answered<>(call);
    try {
      return new FailureListener<>(next.startCall(answered, headers), answered, headers, mapping);
    } catch (RuntimeException e) {
      mapping.refuse(answered, e);
      return new ServerCall.Listener<>() {};
    }
  }

  @Override
  public int getPriority() {
    return CallStage.ERRORS.priority();
  }

  /// Lets a call end once, with a status of ours.
  private final class Answered<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {
    private boolean closed;

    Answered(ServerCall<ReqT, RespT> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (closed) {
        return;
      }
      closed = true;
      if (mapping.isFinal(status, trailers)) {
        super.close(status, trailers);
      } else {
        mapping.refuse(delegate(), mapping.meaning(status));
      }
    }
  }
}
