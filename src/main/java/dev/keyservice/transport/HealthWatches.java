package dev.keyservice.transport;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The open Watch calls of the health service. Left alone, each lasts as long as its caller likes,
/// and so would the drain.
final class HealthWatches {
  private static final Status ENDING =
      Status.UNAVAILABLE.withDescription("the service is shutting down");

  private final Set<Watch<?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  /// Ends those that are open and, once it has had its answer, each that still comes.
  void end() {
    ended = true;
    open.forEach(Watch::end);
  }

  /// Notes the call if it is a watch.
  <I, O> ServerCall.Listener<I> follow(
      ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
    if (call.getMethodDescriptor().getType().serverSendsOneMessage()) {
      return next.startCall(call, headers);
    }
    var watch = new Watch<>(call);
    open.add(watch);
    return new Ending<>(next.startCall(watch, headers), watch);
  }

  private final class Ending<I> extends SimpleForwardingServerCallListener<I> {
    private final Watch<I, ?> watch;

    Ending(ServerCall.Listener<I> next, Watch<I, ?> watch) {
      super(next);
      this.watch = watch;
    }

    @Override
    public void onHalfClose() {
      super.onHalfClose();
      if (ended) {
        watch.end();
      }
    }

    @Override
    public void onComplete() {
      open.remove(watch);
      super.onComplete();
    }

    @Override
    public void onCancel() {
      open.remove(watch);
      super.onCancel();
    }
  }

  /// A call may be answered by one thread at a time and not after its end, but a change of status
  /// and the end come from whoever makes them.
  private static final class Watch<I, O> extends SimpleForwardingServerCall<I, O> {
    private boolean closed;

    Watch(ServerCall<I, O> call) {
      super(call);
    }

    void end() {
      close(ENDING, new Metadata());
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(O message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
