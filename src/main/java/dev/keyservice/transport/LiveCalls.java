package dev.keyservice.transport;

import dev.keyservice.failure.Failure;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The calls in progress: how many there are, and the streaming ones to be ended, since they would
/// go on for as long as their callers like.
@Singleton
public final class LiveCalls {
  private final AtomicInteger running = new AtomicInteger();

  /// The streaming calls, each with where it runs.
  private final Map<Context.CancellableContext, Executor> streams = new ConcurrentHashMap<>();

  private volatile @Nullable Failure ending;

  /// How many calls have begun and not ended, of all kinds.
  public int running() {
    return running.get();
  }

  /// How many of them are streaming calls.
  public int streams() {
    return streams.size();
  }

  /// Ends the streaming calls with a failure, and each that still comes.
  void endStreams(Failure why) {
    ending = why;
    streams.forEach((stream, loop) -> loop.execute(() -> end(stream, why)));
  }

  private static void end(Context.CancellableContext stream, Failure why) {
    var _ = stream.cancel(why);
  }

  <I, O> ServerCall.Listener<I> beginUnary(
      Context context, ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
    var listener = Contexts.interceptCall(context, call, headers, next);
    running.incrementAndGet();
    return new Counted<>(listener);
  }

  <I, O> ServerCall.Listener<I> beginStream(
      Context context, ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
    var flow = new CallFlow(call);
    var stream = context.withValue(CallFlow.KEY, flow).withCancellation();
    streams.put(stream, CallLoop.current());
    // The other way round an end could come between the two and miss this call.
    var why = ending;
    if (why != null) {
      end(stream, why);
    }
    try {
      var listener = Contexts.interceptCall(stream, flow.limited(call), headers, next);
      running.incrementAndGet();
      return new Stream<>(listener, flow, stream);
    } catch (RuntimeException | Error e) {
      end(stream);
      throw e;
    }
  }

  private void end(Context.CancellableContext stream) {
    streams.remove(stream);
    var _ = stream.cancel(null);
  }

  /// Of `onComplete` and `onCancel` exactly one is called.
  private class Counted<I> extends SimpleForwardingServerCallListener<I> {
    Counted(ServerCall.Listener<I> next) {
      super(next);
    }

    @Override
    public void onComplete() {
      running.decrementAndGet();
      super.onComplete();
    }

    @Override
    public void onCancel() {
      running.decrementAndGet();
      super.onCancel();
    }
  }

  private final class Stream<I> extends Counted<I> {
    private final CallFlow flow;
    private final Context.CancellableContext context;

    Stream(ServerCall.Listener<I> next, CallFlow flow, Context.CancellableContext context) {
      super(next);
      this.flow = flow;
      this.context = context;
    }

    @Override
    public void onReady() {
      super.onReady();
      flow.ready();
    }

    @Override
    public void onComplete() {
      try {
        super.onComplete();
      } finally {
        end(context);
      }
    }

    @Override
    public void onCancel() {
      try {
        super.onCancel();
      } finally {
        end(context);
      }
    }
  }
}
