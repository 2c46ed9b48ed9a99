package dev.keyservice.key;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/// Takes work off the event loop, and its result back to where it was asked for.
public final class OffLoop {
  private OffLoop() {}

  /// Runs blocking work on an executor, each time somebody subscribes. Emits on the Vert.x context
  /// of the subscriber, or on the executor when it had none. Work that nobody waits for any more
  /// when its turn comes is not begun; work that has begun is finished.
  ///
  /// Fails with `RejectedExecutionException` when the executor takes no more.
  ///
  /// @param work must not return null
  public static <T> Uni<T> run(Executor executor, Supplier<T> work) {
    return runWhileAwaited(executor, _ -> work.get());
  }

  /// Runs blocking work as [#run] does, and tells it whether somebody still waits for it: long work
  /// asks now and then, and ends early with whatever it has when nobody does.
  ///
  /// @param work must not return null
  public static <T> Uni<T> runWhileAwaited(Executor executor, Function<BooleanSupplier, T> work) {
    return Uni.createFrom().emitter(emitter -> submit(executor, work, emitter));
  }

  private static <T> void submit(
      Executor executor, Function<BooleanSupplier, T> work, UniEmitter<? super T> emitter) {
    var back = back();
    var ended = new AtomicBoolean();
    emitter.onTermination(() -> ended.set(true));
    try {
      executor.execute(() -> {
        if (!ended.get()) {
          perform(() -> work.apply(() -> !ended.get()), emitter, back);
        }
      });
    } catch (RejectedExecutionException e) {
      emitter.fail(e);
    }
  }

  private static <T> void perform(Supplier<T> work, UniEmitter<? super T> emitter, Executor back) {
    try {
      var result = work.get();
      back.execute(() -> emitter.complete(result));
    } catch (Throwable e) {
      back.execute(() -> emitter.fail(e));
    }
  }

  /// Waits for something that happens elsewhere. Emits where it was asked for, as [#run] does.
  ///
  /// @param begin is given what to run when it happens, as often as one likes, and returns what to
  ///   run when nobody waits any more
  public static Uni<Void> await(Function<Runnable, Runnable> begin) {
    return Uni.createFrom()
        .emitter(emitter -> {
          var back = back();
          var end = begin.apply(() -> back.execute(() -> emitter.complete(null)));
          emitter.onTermination(end);
        });
  }

  /// Waits for a result that others may wait for too: cancelling one wait leaves the others alone,
  /// and each is answered on its own Vert.x context.
  public static <T> Uni<T> shared(Supplier<CompletableFuture<T>> future) {
    return Uni.createFrom().emitter(emitter -> await(future.get(), emitter));
  }

  private static <T> void await(CompletableFuture<T> future, UniEmitter<? super T> emitter) {
    var back = back();
    var _ =
        future.whenComplete((result, failure) ->
            back.execute(() -> {
              if (failure == null) {
                emitter.complete(result);
              } else {
                emitter.fail(failure);
              }
            }));
  }

  /// Where the caller runs, if that is a place one can come back to.
  private static Executor back() {
    var context = Vertx.currentContext();
    return context == null ? Runnable::run : task -> context.runOnContext(_ -> task.run());
  }
}
