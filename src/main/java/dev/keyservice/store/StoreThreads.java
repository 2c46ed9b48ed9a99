package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.OffLoop;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/// The threads on which the database is used: one that writes, so that writers queue here and not
/// at the database's lock, a few that read, and one that reads changes for those who follow them: a
/// change wakes them all at once, and nobody else is to wait for that.
final class StoreThreads implements AutoCloseable {
  static final int READERS = 3;
  static final int FOLLOWERS = 1;

  /// How many may wait for each. Beyond that the caller is told at once instead of after its
  /// deadline.
  private static final int QUEUE = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final StoreSpans spans;
  private final ThreadPoolExecutor writer = executor("store-writer", 1);
  private final ThreadPoolExecutor readers = executor("store-reader", READERS);

  /// Each call that follows waits here at most once, so that their number bounds this queue.
  private final ThreadPoolExecutor followers =
      executor("store-follower", FOLLOWERS, new LinkedBlockingQueue<>());

  private final LongAdder turnedAway = new LongAdder();

  StoreThreads(StoreSpans spans) {
    this.spans = spans;
  }

  private static ThreadPoolExecutor executor(String name, int threads) {
    return executor(name, threads, new ArrayBlockingQueue<>(QUEUE));
  }

  private static ThreadPoolExecutor executor(
      String name, int threads, BlockingQueue<Runnable> queue) {
    var factory = Thread.ofPlatform().daemon().name(name + "-", 0).factory();
    return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, queue, factory);
  }

  /// @param operation how its span is called, here and below
  <T> Uni<T> write(String operation, Supplier<T> work) {
    return on(writer, operation, _ -> work.get());
  }

  <T> Uni<T> read(String operation, Supplier<T> work) {
    return on(readers, operation, _ -> work.get());
  }

  /// Reads for longer, and asks now and then whether somebody still waits.
  <T> Uni<T> search(String operation, Function<BooleanSupplier, T> work) {
    return on(readers, operation, work);
  }

  /// Reads changes, and asks now and then whether somebody still waits.
  <T> Uni<T> follow(String operation, Function<BooleanSupplier, T> work) {
    return on(followers, operation, work);
  }

  private <T> Uni<T> on(
      ExecutorService executor, String operation, Function<BooleanSupplier, T> work) {
    return Uni.createFrom()
        .deferred(() -> OffLoop.runWhileAwaited(executor, spans.around(operation, work)))
        .onFailure(RejectedExecutionException.class)
        .transform(_ -> tooMuch());
  }

  private Failure tooMuch() {
    turnedAway.increment();
    return new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "the store has too much to do");
  }

  /// How much work waits for the thread that writes.
  int waitingWrites() {
    return writer.getQueue().size();
  }

  /// How much work waits for a thread that reads.
  int waitingReads() {
    return readers.getQueue().size();
  }

  /// How many of those who follow changes wait for the thread that reads them.
  int waitingFollowers() {
    return followers.getQueue().size();
  }

  /// How much work was turned away because too much waited.
  long turnedAway() {
    return turnedAway.sum();
  }

  /// Lets what has begun come to its end, within reason.
  @Override
  public void close() {
    var all = List.of(writer, readers, followers);
    all.forEach(ExecutorService::shutdown);
    try {
      for (var executor : all) {
        var _ = executor.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
