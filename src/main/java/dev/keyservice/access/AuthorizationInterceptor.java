package dev.keyservice.access;

import com.google.protobuf.Message;
import dev.keyservice.call.CallRefusal;
import dev.keyservice.call.CallStage;
import dev.keyservice.call.Undecodable;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.List;

/// The AUTHORIZATION stage, the last before the service method: evaluates everything that the
/// method declares, on the keys that the request names, before anything is looked up. A missing key
/// and a forbidden one are refused alike.
@GlobalInterceptor
@ApplicationScoped
public class AuthorizationInterceptor implements ServerInterceptor, Prioritized {
  private final Access access;
  private final CallRefusal refusal;

  AuthorizationInterceptor(Access access, CallRefusal refusal) {
    this.access = access;
    this.refusal = refusal;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    var caller = Caller.current();
    try {
      var requirements = access.admit(caller, call.getMethodDescriptor().getFullMethodName());
      return new Gate<>(caller, requirements, call, next.startCall(call, headers));
    } catch (Failure failure) {
      refusal.refuse(call, failure);
      return new ServerCall.Listener<>() {};
    }
  }

  @Override
  public int getPriority() {
    return CallStage.AUTHORIZATION.priority();
  }

  /// Lets messages through that the caller may send. After a refusal nothing reaches the method: a
  /// unary method begins at the half-close, which is then kept from it.
  private final class Gate<ReqT> extends SimpleForwardingServerCallListener<ReqT> {
    private final Caller caller;
    private final List<Requirement> requirements;
    private final ServerCall<ReqT, ?> call;
    private boolean refused;

    Gate(
        Caller caller,
        List<Requirement> requirements,
        ServerCall<ReqT, ?> call,
        ServerCall.Listener<ReqT> next) {
      super(next);
      this.caller = caller;
      this.requirements = requirements;
      this.call = call;
    }

    @Override
    public void onMessage(ReqT message) {
      if (refused) {
        return;
      }
      try {
        if (message instanceof Undecodable) {
          throw Failure.malformedMessage();
        }
        access.permit(caller, requirements, (Message) message);
      } catch (Failure failure) {
        refused = true;
        refusal.refuse(call, failure);
        return;
      }
      super.onMessage(message);
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }
}
