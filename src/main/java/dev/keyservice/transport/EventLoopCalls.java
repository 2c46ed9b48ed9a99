package dev.keyservice.transport;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.netty.channel.EventLoop;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/// Runs every callback of a call on the event loop of its connection, in a Vert.x context of its
/// own, which is where Quarkus's interceptors expect it.
///
/// grpc-java calls both executors from that event loop, so that nothing is handed to another
/// thread; it puts its own queue before them, which keeps the callbacks of a call in order.
class EventLoopCalls implements Executor, ServerCallExecutorSupplier {
  private final VertxInternal vertx;
  private final Map<Thread, ContextInternal> contexts = new ConcurrentHashMap<>();

  EventLoopCalls(VertxInternal vertx) {
    this.vertx = vertx;
    var classLoader = Thread.currentThread().getContextClassLoader();
    for (var executor : vertx.getEventLoopGroup()) {
      var loop = (EventLoop) executor;
      var context = vertx.createEventLoopContext(loop, null, classLoader);
      // Runs before any connection can be given to this loop, and so before anyone asks.
      loop.execute(() -> contexts.put(Thread.currentThread(), context));
    }
  }

  /// What does not belong to one call, such as the look-up of its method.
  @Override
  public void execute(Runnable command) {
    context().emit(command, Runnable::run);
  }

  @Override
  public <I, O> Executor getExecutor(ServerCall<I, O> call, Metadata headers) {
    var context = context().duplicate();
    return command -> context.emit(command, Runnable::run);
  }

  final ContextInternal context() {
    var context = contexts.get(Thread.currentThread());
    return context == null ? vertx.createEventLoopContext() : context;
  }
}
