package dev.keyservice.bench;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One call in flight: its answer is looked at, and its time taken, on the event loop that it
/// arrives on.
final class TimedCall<A extends Message> extends ClientCall.Listener<A> {
  /// As the clients that people use have one, the benchmark's calls have a deadline: to keep it is
  /// part of the work.
  private static final long DEADLINE_SECONDS = 10;

  private final PreparedCall<?, A> prepared;
  private final long begin;
  private final Outcomes outcomes;
  private final Ended ended;
  private @Nullable A answer;

  /// Hears that a call is over.
  @FunctionalInterface
  interface Ended {
    /// Called once.
    ///
    /// @param ok whether it was answered as expected
    void ended(boolean ok);
  }

  private TimedCall(PreparedCall<?, A> prepared, long begin, Outcomes outcomes, Ended ended) {
    this.prepared = prepared;
    this.begin = begin;
    this.outcomes = outcomes;
    this.ended = ended;
  }

  /// Makes a call.
  ///
  /// @param begin of [System#nanoTime]: when the call was to be made, from which it is timed
  static <Q extends Message, A extends Message> void make(
      PreparedCall<Q, A> prepared, Channel channel, long begin, Outcomes outcomes, Ended ended) {
    var options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    var call = channel.newCall(prepared.method(), options);
    call.start(new TimedCall<>(prepared, begin, outcomes, ended), new Metadata());
    // The answer and the end.
    call.request(2);
    call.sendMessage(prepared.request());
    call.halfClose();
  }

  @Override
  public void onMessage(A message) {
    answer = message;
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    var got = answer;
    var ok = status.isOk() && got != null && prepared.expected().test(got);
    if (ok) {
      outcomes.answered(System.nanoTime() - begin);
    } else {
      outcomes.failed(status.isOk() ? "WRONG_ANSWER" : status.getCode().name());
    }
    ended.ended(ok);
  }
}
