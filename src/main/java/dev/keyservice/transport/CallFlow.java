package dev.keyservice.transport;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/// How many messages a streaming call may still move, each way.
///
/// Quarkus connects a `Multi` to its call without looking at this: it makes answers that nobody
/// reads as fast as it can, and takes requests faster than anybody works on them. So the call is
/// tied to its streams here: [#isReady] says whether its caller takes another answer, and once
/// somebody has called [#onDemand], a request is taken from the wire only when it is demanded.
final class CallFlow {
  /// Where the LIFETIME stage puts the flow of a streaming call.
  static final Context.Key<CallFlow> KEY = Context.key("keyservice-call-flow");

  private final ServerCall<?, ?> call;
  private volatile @Nullable Runnable whenReady;
  private boolean onDemand;

  /// Requests that the stub would have taken already.
  private long held;

  /// Requests that were asked for and have not come yet.
  private long demand;

  CallFlow(ServerCall<?, ?> call) {
    this.call = call;
  }

  /// The call, with its requests as far as they are demanded.
  <I, O> ServerCall<I, O> limited(ServerCall<I, O> whole) {
    return new SimpleForwardingServerCall<>(whole) {
      @Override
      public void request(int count) {
        take(hold(count));
      }
    };
  }

  /// Whether an answer would be sent now, instead of waiting in memory.
  boolean isReady() {
    return call.isReady();
  }

  /// What to run when the call has become ready again.
  void whenReady(Runnable pump) {
    whenReady = pump;
  }

  /// The call has become ready.
  void ready() {
    var pump = whenReady;
    if (pump != null) {
      pump.run();
    }
  }

  /// From now on requests are taken only when they are demanded.
  synchronized void onDemand() {
    onDemand = true;
  }

  /// Somebody works on so many more requests; `Long.MAX_VALUE` for all that ever come.
  void demand(long count) {
    take(add(count));
  }

  private synchronized long hold(int count) {
    held += count;
    return release();
  }

  private synchronized long add(long count) {
    demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
    return release();
  }

  private long release() {
    var released = onDemand ? Math.min(held, demand) : held;
    held -= released;
    if (onDemand && demand != Long.MAX_VALUE) {
      demand -= released;
    }
    return released;
  }

  /// Outside of the lock: a message may arrive from within.
  private void take(long count) {
    if (count > 0) {
      call.request(Math.toIntExact(count));
    }
  }
}
