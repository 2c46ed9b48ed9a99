package dev.keyservice.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// One call with many answers, for a thread that waits for them. An answer is asked for when the
/// one before was dealt with, so that a slow reader keeps the server from sending.
///
/// grpc-java's blocking stubs ask for one more in advance, and wait for it without an end.
final class AnswerStream<A> implements AutoCloseable {
  private final BlockingQueue<Event<A>> events = new LinkedBlockingQueue<>();
  private final ClientCall<?, A> call;

  /// What comes of the call.
  sealed interface Event<A> {
    record Answer<A>(A message) implements Event<A> {}

    /// Nothing more will come.
    record End<A>(StatusRuntimeException failure) implements Event<A> {}
  }

  private AnswerStream(ClientCall<?, A> call) {
    this.call = call;
  }

  /// Makes the call and asks for its first answer.
  static <Q, A> AnswerStream<A> begin(Channel channel, MethodDescriptor<Q, A> method, Q request) {
    var call = channel.newCall(method, CallOptions.DEFAULT);
    var stream = new AnswerStream<>(call);
    call.start(stream.new Listener(), new Metadata());
    call.request(1);
    call.sendMessage(request);
    call.halfClose();
    return stream;
  }

  /// Waits for what comes next.
  Event<A> next() throws InterruptedException {
    return events.take();
  }

  /// Waits for what comes next, but not for long.
  Optional<Event<A>> next(Duration limit) throws InterruptedException {
    return Optional.ofNullable(events.poll(limit.toMillis(), TimeUnit.MILLISECONDS));
  }

  /// Asks for one more answer.
  void more() {
    call.request(1);
  }

  /// Ends the call, if it has not ended.
  @Override
  public void close() {
    call.cancel("the caller has enough", null);
  }

  private final class Listener extends ClientCall.Listener<A> {
    @Override
    public void onMessage(A message) {
      events.add(new Event.Answer<>(message));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      var end =
          status.isOk() ? Status.UNAVAILABLE.withDescription("the service ended the call") : status;
      events.add(new Event.End<>(end.asRuntimeException(trailers)));
    }
  }
}
