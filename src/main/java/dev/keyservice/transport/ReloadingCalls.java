package dev.keyservice.transport;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.quarkus.grpc.runtime.devmode.GrpcHotReplacementInterceptor;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.util.concurrent.Executor;

/// In dev mode a call first looks for edited files, as a request to Quarkus's own servers does.
///
/// When there are any, the service restarts under the call, whose connection then ends: the next
/// call finds the edited service.
final class ReloadingCalls extends EventLoopCalls {
  private final ClassLoader classLoader = Thread.currentThread().getContextClassLoader();

  ReloadingCalls(VertxInternal vertx) {
    super(vertx);
  }

  /// Not in [#execute], which TLS handshakes use, too: a restart would break them half way.
  @Override
  public <I, O> Executor getExecutor(ServerCall<I, O> call, Metadata headers) {
    return new Reloading(context(), super.getExecutor(call, headers));
  }

  /// grpc-java hands over one command at a time, so nothing overtakes the first.
  private final class Reloading implements Executor {
    private final ContextInternal context;
    private final Executor executor;
    private boolean looked;

    Reloading(ContextInternal context, Executor executor) {
      this.context = context;
      this.executor = executor;
    }

    @Override
    public void execute(Runnable command) {
      if (looked) {
        executor.execute(withClasses(command));
        return;
      }
      looked = true;
      context
          .executeBlocking(GrpcHotReplacementInterceptor::fire, false)
          .onComplete(_ -> executor.execute(withClasses(command)));
    }
  }

  /// The event loops outlive a reload and remember the class loader of an older one.
  private Runnable withClasses(Runnable command) {
    return () -> runWithClasses(command);
  }

  private void runWithClasses(Runnable command) {
    var thread = Thread.currentThread();
    var before = thread.getContextClassLoader();
    thread.setContextClassLoader(classLoader);
    try {
      command.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
