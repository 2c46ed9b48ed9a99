package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.testing.Eventually;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReservedUsesTest {
  private static final int THREADS = 16;

  private final Ledger ledger = new Ledger();

  /// Reserves from a number, when the test says so or at once.
  private static final class Ledger implements ReservedUses.Source {
    private final List<Long> asked = new ArrayList<>();
    private long left = Long.MAX_VALUE;
    private CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    static Ledger of(long left) {
      var ledger = new Ledger();
      ledger.left = left;
      return ledger;
    }

    @Override
    public Uni<Long> reserve(long wanted) {
      return Uni.createFrom().completionStage(() -> gate.thenApply(_ -> reserveNow(wanted)));
    }

    private synchronized long reserveNow(long wanted) {
      asked.add(wanted);
      var uses = Math.min(wanted, left);
      left -= uses;
      return uses;
    }

    @Override
    public Failure exhausted() {
      return new Failure.FailedPrecondition(Reason.VERSION_EXHAUSTED, "it", "is used up");
    }
  }

  private static CompletableFuture<Void> take(ReservedUses uses, int number) {
    return uses.tryTake(number)
        ? CompletableFuture.completedFuture(null)
        : uses.take(number).subscribeAsCompletionStage();
  }

  private static void assertFails(Reason reason, CompletableFuture<Void> taken) {
    var failure = assertThrows(CompletionException.class, taken::join).getCause();
    assertEquals(reason, ((Failure) failure).reason());
  }

  @Test
  void hasNothingAtHandBeforeAnythingIsReserved() {
    var uses = new ReservedUses(1_000, ledger);

    assertFalse(uses.tryTake(1));
    take(uses, 1).join();
  }

  @Test
  void handsOutExactlyTheLimitToManyThreads() throws Exception {
    var limit = 100_000;
    var limited = Ledger.of(limit);
    var uses = new ReservedUses(limit, limited);
    var taken = new AtomicLong();
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        threads.execute(() -> {
          while (!take(uses, 1).isCompletedExceptionally()) {
            taken.incrementAndGet();
          }
        });
      }
    }

    assertEquals(limit, taken.get());
    assertFails(Reason.VERSION_EXHAUSTED, take(uses, 1));
    System.out.printf("proof: %d threads took %d uses of %d%n", THREADS, taken.get(), limit);
  }

  @Test
  void reservesTwiceAsManyEachTimeUpToAHundredthOfTheLimit() {
    var uses = new ReservedUses(1L << 32, ledger);

    while (ledger.asked.size() < 12) {
      take(uses, 1).join();
    }

    assertEquals(
        List.of(
            257L, 512L, 1024L, 2048L, 4096L, 8192L, 16384L, 32768L, 65536L, 65536L, 65536L, 65536L),
        ledger.asked,
        "one more for the first, who waits");
  }

  @Test
  void neverReservesMoreThanAHundredthOfASmallLimitAhead() {
    var uses = new ReservedUses(1_000, ledger);

    while (ledger.asked.size() < 20) {
      take(uses, 1).join();
    }

    assertEquals(10, ledger.asked.stream().mapToLong(wanted -> wanted).max().orElseThrow());
  }

  @Test
  void letsNobodyWaitForABlockThatIsReservedAhead() {
    var uses = new ReservedUses(1L << 32, ledger);
    take(uses, 1).join();

    for (int i = 0; i < 1_000_000; i++) {
      assertTrue(uses.tryTake(1));
    }
  }

  @Test
  void servesAllWhoWaitByOneReservationInTheirOrder() {
    ledger.gate = new CompletableFuture<>();
    var uses = new ReservedUses(1_000, ledger);
    var first = take(uses, 1);
    var waiting = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 100; i++) {
      waiting.add(take(uses, 3));
    }
    assertFalse(first.isDone());

    ledger.gate.complete(null);

    first.join();
    waiting.forEach(CompletableFuture::join);
    assertEquals(2, ledger.asked.size(), "the first had begun one for itself");
  }

  @Test
  void passesOverOneWhoWantsMoreThanThereAre() {
    var few = Ledger.of(5);
    few.gate = new CompletableFuture<>();
    var uses = new ReservedUses(1_000, few);
    var waiting = List.of(take(uses, 1), take(uses, 5), take(uses, 4), take(uses, 1));

    few.gate.complete(null);

    waiting.get(0).join();
    assertFails(Reason.VERSION_EXHAUSTED, waiting.get(1));
    waiting.get(2).join();
    assertFails(Reason.VERSION_EXHAUSTED, waiting.get(3));
  }

  @Test
  void asksNoMoreOnceThereAreNone() {
    var few = Ledger.of(2);
    var uses = new ReservedUses(1_000, few);
    take(uses, 1).join();
    take(uses, 1).join();
    assertFails(Reason.VERSION_EXHAUSTED, take(uses, 1));
    var asked = few.asked.size();

    for (int i = 0; i < 100; i++) {
      assertFails(Reason.VERSION_EXHAUSTED, take(uses, 1));
    }

    assertEquals(asked, few.asked.size());
  }

  @Test
  void tellsAllWhoWaitedOfAFailureAndReservesAgainForTheNext() throws Exception {
    ledger.gate = new CompletableFuture<>();
    var uses = new ReservedUses(1_000, ledger);
    var waiting = List.of(take(uses, 1), take(uses, 1));

    ledger.gate.completeExceptionally(
        new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "it is away"));
    waiting.forEach(waiter -> assertFails(Reason.STORE_UNAVAILABLE, waiter));
    assertFails(Reason.STORE_UNAVAILABLE, take(uses, 1));
    ledger.gate = CompletableFuture.completedFuture(null);

    TimeUnit.MILLISECONDS.sleep(ReservedUses.PAUSE.toMillis() + 50);
    take(uses, 1).join();
  }

  @Test
  void doesNotAskAStoreThatIsAwayForEachCall() {
    ledger.gate =
        CompletableFuture.failedFuture(
            new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "it is away"));
    var asked = new AtomicLong();
    var uses =
        new ReservedUses(
            1_000,
            new ReservedUses.Source() {
              @Override
              public Uni<Long> reserve(long wanted) {
                asked.incrementAndGet();
                return ledger.reserve(wanted);
              }

              @Override
              public Failure exhausted() {
                return ledger.exhausted();
              }
            });

    for (int i = 0; i < 1_000; i++) {
      assertFails(Reason.STORE_UNAVAILABLE, take(uses, 1));
    }

    assertTrue(asked.get() < 50, () -> asked + " reservations for 1,000 calls");
  }

  @Test
  void givesToTheNextWhatWasReservedForOneWhoGaveUp() throws Exception {
    var few = Ledger.of(1);
    few.gate = new CompletableFuture<>();
    var uses = new ReservedUses(1_000, few);
    var gaveUp = uses.take(1).ifNoItem().after(Duration.ofMillis(1)).fail();
    assertThrows(RuntimeException.class, () -> gaveUp.await().indefinitely());

    few.gate.complete(null);

    // It is counted as used: whether its call made the use is not known here.
    Eventually.await(() -> !few.asked.isEmpty());
    assertFails(Reason.VERSION_EXHAUSTED, take(uses, 1));
  }

  @Test
  void letsABoundedNumberWait() {
    ledger.gate = new CompletableFuture<>();
    var uses = new ReservedUses(1_000, ledger);
    for (int i = 0; i < ReservedUses.MOST_WAITING; i++) {
      var _ = take(uses, 1);
    }

    assertFails(Reason.STORE_UNAVAILABLE, take(uses, 1));
    ledger.gate.complete(null);
  }
}
