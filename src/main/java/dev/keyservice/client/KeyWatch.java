package dev.keyservice.client;

import dev.keyservice.client.AnswerStream.Event;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Follows keys over as many calls as it takes, each from where the one before ended.
final class KeyWatch {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /// A call that has stood so long on a connection goes on, even if nothing has changed meanwhile.
  private static final Duration SETTLED = Duration.ofSeconds(1);

  /// A call that has stood so long was let in, even if it was not answered yet.
  private static final Duration LET_IN = Duration.ofSeconds(10);

  private final ManagedChannel channel;
  private final WatchCryptoKeysRequest.Builder request;
  private final KeyWatcher watcher;

  /// What interrupted the watch; none while it goes on.
  private @Nullable StatusRuntimeException interruption;

  /// How many calls have ended since it went on.
  private int ends;

  /// Whether the service had let the last call in, and so believed its caller then.
  private boolean letIn;

  KeyWatch(ManagedChannel channel, WatchCryptoKeysRequest request, KeyWatcher watcher) {
    this.channel = channel;
    this.request = request.toBuilder();
    this.watcher = watcher;
  }

  /// Runs until the watcher has enough, this thread is interrupted, or the channel is shut down.
  ///
  /// @throws StatusRuntimeException when it cannot be resumed
  void run() {
    try {
      var end = follow();
      while (end.isPresent() && !channel.isShutdown()) {
        endOf(end.get());
        Thread.sleep(pause());
        dialAnew();
        end = follow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return what ended the call; empty when the watcher has enough
  private Optional<StatusRuntimeException> follow() throws InterruptedException {
    letIn = false;
    var began = System.nanoTime();
    try (var call =
        AnswerStream.begin(channel, KeyServiceGrpc.getWatchCryptoKeysMethod(), request.build())) {
      while (true) {
        switch (next(call)) {
          case Event.End(var failure) -> {
            letIn |= System.nanoTime() - began >= LET_IN.toNanos();
            return Optional.of(failure);
          }
          case Event.Answer(var answer) -> {
            letIn = true;
            goesOn();
            if (!watcher.take(answer)) {
              return Optional.empty();
            }
            resumeAfter(answer);
            call.more();
          }
        }
      }
    }
  }

  private Event<WatchCryptoKeysResponse> next(AnswerStream<WatchCryptoKeysResponse> call)
      throws InterruptedException {
    while (ends > 0) {
      var event = call.next(SETTLED);
      if (event.isPresent()) {
        return event.get();
      }
      if (channel.getState(false) == ConnectivityState.READY) {
        goesOn();
      }
    }
    return call.next();
  }

  private void resumeAfter(WatchCryptoKeysResponse answer) {
    if (answer.hasRevision()) {
      request.setAfterRevision(answer.getRevision());
    }
  }

  private void endOf(StatusRuntimeException end) {
    // The caller's own context ends calls as CANCELLED, and would end the next one, too.
    if (!canBeResumed(end) || Context.current().isCancelled()) {
      throw end;
    }
    if (interruption == null) {
      interruption = end;
    }
    ends++;
    if (ends == 2) {
      watcher.interrupted(interruption);
    }
  }

  /// A token or certificate that has ended may have been replaced meanwhile: the next call is made
  /// with what the files hold then. If that is refused, too, it is not tried again.
  private boolean canBeResumed(StatusRuntimeException end) {
    return Interruption.isBehind(end) || (letIn && Interruption.isOfCredentials(end));
  }

  private void goesOn() {
    if (ends > 1) {
      watcher.resumed();
    }
    ends = 0;
    interruption = null;
  }

  /// At least half of 0.1 s, of 0.2 s, and so on up to 5 s: at random, so that those who lost the
  /// same service do not come back all at once.
  private Duration pause() {
    var longest = FIRST_PAUSE.multipliedBy(1L << Math.min(ends - 1, 10));
    var limit = (longest.compareTo(LONGEST_PAUSE) < 0 ? longest : LONGEST_PAUSE).toMillis();
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(limit / 2, limit + 1));
  }

  /// A channel that could not connect waits up to two minutes before it tries again, and until then
  /// lets every call fail.
  private void dialAnew() {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.enterIdle();
    }
  }
}
