package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.ByteString;
import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.OffLoop;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// The work on the items of a batch, off the event loop: a full batch takes tens of milliseconds,
/// in which the loop would answer nobody else. It ends early when nobody waits for it any more.
final class BatchWork {
  static final int MOST_ITEMS = 512;
  static final int MOST_BYTES = 1 << 20;

  /// Of each ciphertext so many bytes do not count, which is more than any format adds.
  static final int FREE_BYTES = 64;

  private final Executor workers;

  BatchWork(Executor workers) {
    this.workers = workers;
  }

  /// The items, if they are neither too few nor too many nor too large.
  ///
  /// @param size how many bytes of an item count
  /// @throws Failure.InvalidArgument for the batch as a whole
  static <I> List<I> bounded(List<I> items, ToIntFunction<I> size) {
    if (items.isEmpty() || items.size() > MOST_ITEMS) {
      throw invalid("items", "must be from 1 to " + MOST_ITEMS);
    }
    if (items.stream().mapToLong(size::applyAsInt).sum() > MOST_BYTES) {
      throw invalid("items", "must be at most " + MOST_BYTES + " bytes in all");
    }
    return items;
  }

  /// How many bytes of a ciphertext count.
  static int counted(ByteString ciphertext) {
    return Math.max(0, ciphertext.size() - FREE_BYTES);
  }

  /// Does the same to each item, in their order.
  ///
  /// @return the outcomes in the order of the items
  <I, R> Uni<List<Attempt<R>>> each(List<I> items, Function<I, R> work) {
    return OffLoop.runWhileAwaited(workers, awaited -> each(items, work, awaited));
  }

  /// Tells the record of the current call how many items there were and how many failed. To be
  /// asked for when the call begins: what is done once a key was read knows of no call.
  static <R> Consumer<List<Attempt<R>>> noted() {
    var record = CallRecord.current();
    return outcomes -> record.ifPresent(r -> r.worked(outcomes.size(), failed(outcomes)));
  }

  private static <I, R> List<Attempt<R>> each(
      List<I> items, Function<I, R> work, BooleanSupplier awaited) {
    var outcomes = new ArrayList<Attempt<R>>(items.size());
    for (var item : items) {
      if (!awaited.getAsBoolean()) {
        throw new Failure.Cancelled();
      }
      outcomes.add(Attempt.at(() -> work.apply(item)));
    }
    return outcomes;
  }

  private static <R> int failed(List<Attempt<R>> outcomes) {
    return (int) outcomes.stream().filter(Attempt.Failed.class::isInstance).count();
  }
}
