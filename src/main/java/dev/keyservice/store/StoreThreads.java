package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.OffLoop;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/// The threads on which the database is used: one that writes, so that writers queue here and not
/// at the database's lock, and a few that read.
final class StoreThreads implements AutoCloseable {
  static final int READERS = 3;

  /// How many may wait for each. Beyond that the caller is told at once instead of after its
  /// deadline.
  private static final int QUEUE = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ExecutorService writer = executor("store-writer", 1);
  private final ExecutorService readers = executor("store-reader", READERS);

  private static ExecutorService executor(String name, int threads) {
    var factory = Thread.ofPlatform().daemon().name(name + "-", 0).factory();
    return new ThreadPoolExecutor(
        threads, threads, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), factory);
  }

  <T> Uni<T> write(Supplier<T> work) {
    return on(writer, _ -> work.get());
  }

  <T> Uni<T> read(Supplier<T> work) {
    return on(readers, _ -> work.get());
  }

  /// Reads for longer, and asks now and then whether somebody still waits.
  <T> Uni<T> search(Function<BooleanSupplier, T> work) {
    return on(readers, work);
  }

  private static <T> Uni<T> on(ExecutorService executor, Function<BooleanSupplier, T> work) {
    return OffLoop.runWhileAwaited(executor, work)
        .onFailure(RejectedExecutionException.class)
        .transform(
            e -> new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "the store has too much to do"));
  }

  /// Lets what has begun come to its end, within reason.
  @Override
  public void close() {
    writer.shutdown();
    readers.shutdown();
    try {
      var _ = writer.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      var _ = readers.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
