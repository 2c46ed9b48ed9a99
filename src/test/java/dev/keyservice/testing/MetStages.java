package dev.keyservice.testing;

import dev.keyservice.call.CallStage;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The last interceptor: it sees within which others it runs. A unary call comes here straight; the
/// service of a stream is asked only when its beginning is recorded, by AUDIT, and what comes after
/// that stage then runs by itself.
@GlobalInterceptor
@ApplicationScoped
public class MetStages implements ServerInterceptor, Prioritized {
  private static final Map<String, List<String>> MET = new ConcurrentHashMap<>();

  /// The interceptors of the last call of a method, the outermost first.
  public static List<String> of(String fullMethodName) {
    return MET.getOrDefault(fullMethodName, List.of());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var met =
        StackWalker.getInstance()
            .walk(frames ->
                frames
                    .filter(frame -> frame.getMethodName().equals("interceptCall"))
                    .map(StackWalker.StackFrame::getClassName)
                    .filter(name -> !name.startsWith(MetStages.class.getName()))
                    .toList()
                    .reversed());
    MET.put(call.getMethodDescriptor().getFullMethodName(), met);
    return next.startCall(call, headers);
  }

  @Override
  public int getPriority() {
    return CallStage.AUTHORIZATION.priority() - 1;
  }
}
