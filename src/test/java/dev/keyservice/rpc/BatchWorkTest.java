package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BatchWorkTest {
  private final BatchWork work = new BatchWork(ForkJoinPool.commonPool());

  @Test
  void whateverAnItemThrowsIsItsOwnOutcome() {
    var outcomes =
        work.each(List.of(1, 0, 2), number -> 2 / number).await().indefinitely().stream()
            .map(outcome -> outcome.fold(String::valueOf, why -> why.getClass().getSimpleName()))
            .toList();

    assertEquals(List.of("2", "ArithmeticException", "1"), outcomes);
  }

  @Test
  void nothingIsBegunOnceNobodyWaits() throws InterruptedException {
    var begun = new AtomicInteger();
    var inTheFirst = new CountDownLatch(1);
    var givenUp = new CountDownLatch(1);

    var waiting =
        work.each(
                Collections.nCopies(512, 0),
                _ -> {
                  inTheFirst.countDown();
                  return await(givenUp) ? begun.incrementAndGet() : 0;
                })
            .subscribe()
            .with(_ -> {});
    assertTrue(inTheFirst.await(10, TimeUnit.SECONDS));
    waiting.cancel();
    givenUp.countDown();

    TimeUnit.MILLISECONDS.sleep(200);
    assertEquals(1, begun.get());
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Test
  void aBugOfOneItemIsToldAsAnInternalErrorAndNoMore() {
    var bug = StatusMapping.statusOfItem(new IllegalStateException("secret detail"));
    var known = StatusMapping.statusOfItem(Failure.cannotDecrypt());

    assertEquals("internal error", bug.getMessage());
    assertFalse(bug.toString().contains("secret"), bug.toString());
    assertEquals(Failure.cannotDecrypt().getMessage(), known.getMessage());
  }
}
