package dev.keyservice.identity;

import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallRefusal;
import dev.keyservice.call.CallStage;
import dev.keyservice.call.NoiseLimit;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.PeerConnection;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.time.Clock;
import org.jboss.logging.Logger;

/// The AUTHENTICATION stage: no call goes on without a [Caller].
///
/// It runs before Quarkus's tracing, so a call that it refuses leaves no span and costs the refused
/// nothing but an answer. A unary call counts when its request is complete, and a call that lasts
/// goes on only while what its caller proved is believed.
@GlobalInterceptor
@ApplicationScoped
public class AuthenticationInterceptor implements ServerInterceptor, Prioritized {
  private static final Logger LOG = Logger.getLogger(AuthenticationInterceptor.class);

  private final Authenticator authenticator;
  private final LongCalls longCalls;
  private final RefusedCallers refused;
  private final Clock clock;
  private final CallRefusal refusal;
  private final NoiseLimit faults = new NoiseLimit();

  AuthenticationInterceptor(
      Authenticator authenticator,
      LongCalls longCalls,
      RefusedCallers refused,
      Clock clock,
      CallRefusal refusal) {
    this.authenticator = authenticator;
    this.longCalls = longCalls;
    this.refused = refused;
    this.clock = clock;
    this.refusal = refusal;
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    Caller caller;
    try {
      caller = authenticator.authenticate(call.getAttributes(), headers);
    } catch (Failure.Unauthenticated | Failure.ResourceExhausted nobody) {
      return refused(call, nobody);
    } catch (RuntimeException e) {
      // Fail closed: a fault while finding out who calls means that nobody does.
      faults
          .admit("fault", System.nanoTime())
          .ifPresent(suppressed ->
              LOG.errorf(e, "authentication failed unexpectedly, suppressed=%d", suppressed));
      return refused(
          call,
          new Failure.Unauthenticated(
              Reason.AUTHENTICATION_FAILED, "the caller could not be identified"));
    }
    CallRecord.current().ifPresent(record -> record.calledBy(caller.id(), caller.commonName()));
    var context = Context.current().withValue(Caller.KEY, caller);
    var standing = new Standing(caller, PeerConnection.of(call.getAttributes()), clock);
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      var unary = Contexts.interceptCall(context, call, headers, next);
      return new UnaryCall<>(unary, standing, authenticator, headers, call, refusal);
    }
    return StreamingCall.begin(standing, longCalls, context, call, headers, next);
  }

  private <ReqT> ServerCall.Listener<ReqT> refused(ServerCall<ReqT, ?> call, Failure nobody) {
    refused.count(nobody.reason());
    refusal.refuse(call, nobody);
    return new ServerCall.Listener<>() {};
  }

  @Override
  public int getPriority() {
    return CallStage.AUTHENTICATION.priority();
  }
}
