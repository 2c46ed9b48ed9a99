package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Waits for what happens in the background.
public final class Eventually {
  private static final long SECONDS = 30;

  private Eventually() {}

  /// Returns once it is so, and fails the test when it does not become so.
  public static void await(BooleanSupplier condition) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertTrue(condition.getAsBoolean(), "not so after " + SECONDS + " s");
  }
}
