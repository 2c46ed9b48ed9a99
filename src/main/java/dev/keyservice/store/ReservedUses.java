package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.OffLoop;
import dev.keyservice.key.UseBudget;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The uses of one version that are reserved and not yet made, in memory.
///
/// They are reserved in blocks, the next one before the last is used up, so that a busy version
/// seldom waits. The first block is small and each is twice the one before: whatever is left in
/// memory is lost when the process ends or forgets the version, and a version that is seldom used
/// loses little.
///
/// Those who wait are served in their order, as many as there are by one reservation. One of which
/// the outcome is unknown gives nothing: what it reserved, if anything, is never used.
final class ReservedUses implements UseBudget {
  /// How long nothing is reserved after a reservation has failed: whoever asks meanwhile is told
  /// the same.
  static final Duration PAUSE = Duration.ofMillis(100);

  /// How many may wait. Beyond that one is told at once.
  static final int MOST_WAITING = 10_000;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long LARGEST_BLOCK = 65_536;

  /// How many of the first block make one of the largest.
  private static final int GROWTH = 256;

  private final Source source;
  private final long largestBlock;
  private final AtomicLong available = new AtomicLong();
  private final Deque<Waiter> waiters = new ArrayDeque<>();

  /// The size of the next block.
  private long block;

  /// Below so many at hand the next block is reserved.
  private volatile long low;

  private volatile boolean reserving;

  /// For good: what is reserved never becomes less.
  private volatile boolean exhausted;

  private volatile @Nullable Failed failed;

  /// Where uses are reserved durably.
  interface Source {
    /// Reserves so many uses. Emits how many it got: if fewer, there are no others.
    Uni<Long> reserve(long wanted);

    /// The refusal of one for whom there are not enough.
    Failure exhausted();
  }

  private record Waiter(int uses, CompletableFuture<Void> future) {}

  /// A reservation that failed.
  ///
  /// @param time by `System.nanoTime()`
  private record Failed(Throwable failure, long time) {
    boolean isRecent() {
      return System.nanoTime() - time < PAUSE.toNanos();
    }
  }

  /// @param limit of all uses of the version
  ReservedUses(long limit, Source source) {
    this.source = source;
    this.largestBlock = Math.clamp(limit / 100, 1, LARGEST_BLOCK);
    this.block = Math.max(1, largestBlock / GROWTH);
  }

  @Override
  public boolean tryTake(int uses) {
    var left = takeNow(uses);
    if (left < 0) {
      return false;
    }
    if (left < low && !reserving && !exhausted) {
      reserve(beginAhead());
    }
    return true;
  }

  /// @return how many are left, or a negative number when there are not enough
  private long takeNow(int uses) {
    for (var left = available.get(); left >= uses; left = available.get()) {
      if (available.compareAndSet(left, left - uses)) {
        return left - uses;
      }
    }
    return -1;
  }

  @Override
  public Uni<Void> take(int uses) {
    return OffLoop.shared(() -> await(uses))
        .onFailure(TimeoutException.class)
        .transform(_ -> unavailable("the store does not confirm that uses are reserved"));
  }

  private CompletableFuture<Void> await(int uses) {
    var waiter = new Waiter(uses, new CompletableFuture<>());
    long wanted;
    synchronized (this) {
      if (waiters.isEmpty() && takeNow(uses) >= 0) {
        return CompletableFuture.completedFuture(null);
      }
      var refusal = refusal();
      if (refusal != null) {
        return CompletableFuture.failedFuture(refusal);
      }
      waiters.add(waiter);
      wanted = begin();
    }
    reserve(wanted);
    return waiter.future().orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Why nobody can wait now.
  private @Nullable Throwable refusal() {
    if (exhausted) {
      return source.exhausted();
    }
    var last = failed;
    if (last != null && last.isRecent()) {
      return last.failure();
    }
    return waiters.size() < MOST_WAITING
        ? null
        : unavailable("too many wait for the store to confirm that uses are reserved");
  }

  private synchronized long beginAhead() {
    var last = failed;
    return exhausted || (last != null && last.isRecent()) ? 0 : begin();
  }

  /// Begins a reservation, unless there is one under way. Call with the lock.
  ///
  /// @return how many to reserve, 0 for none
  private long begin() {
    if (reserving) {
      return 0;
    }
    reserving = true;
    return block + waiters.stream().mapToLong(Waiter::uses).sum();
  }

  /// Call without the lock: the source may answer at once.
  private void reserve(long wanted) {
    if (wanted > 0) {
      var _ =
          source
              .reserve(wanted)
              .subscribe()
              .with(uses -> reserved(wanted, uses), this::notReserved);
    }
  }

  private void reserved(long wanted, long uses) {
    List<Waiter> served;
    var refused = List.<Waiter>of();
    long next;
    synchronized (this) {
      reserving = false;
      failed = null;
      exhausted = uses < wanted;
      low = block / 2;
      block = Math.min(largestBlock, block * 2);
      served = share(uses);
      if (exhausted) {
        refused = removeAll();
      }
      next = waiters.isEmpty() ? 0 : begin();
    }
    served.forEach(this::serve);
    refused.forEach(waiter -> waiter.future().completeExceptionally(source.exhausted()));
    reserve(next);
  }

  /// Gives to those who wait, in their order, and keeps the rest. Whoever wants more than there
  /// will ever be is passed over.
  private List<Waiter> share(long uses) {
    var served = new ArrayList<Waiter>();
    var left = available.getAndSet(0) + uses;
    for (var each = waiters.iterator(); each.hasNext(); ) {
      var waiter = each.next();
      if (waiter.uses() <= left) {
        left -= waiter.uses();
        served.add(waiter);
        each.remove();
      } else if (!exhausted) {
        break;
      }
    }
    available.addAndGet(left);
    return served;
  }

  private void serve(Waiter waiter) {
    if (!waiter.future().complete(null)) {
      available.addAndGet(waiter.uses()); // it does not wait any more
    }
  }

  private void notReserved(Throwable failure) {
    List<Waiter> refused;
    synchronized (this) {
      reserving = false;
      failed = new Failed(failure, System.nanoTime());
      refused = removeAll();
    }
    refused.forEach(waiter -> waiter.future().completeExceptionally(failure));
  }

  private List<Waiter> removeAll() {
    var all = List.copyOf(waiters);
    waiters.clear();
    return all;
  }

  private static Failure unavailable(String message) {
    return new Failure.Unavailable(Reason.STORE_UNAVAILABLE, message);
  }
}
