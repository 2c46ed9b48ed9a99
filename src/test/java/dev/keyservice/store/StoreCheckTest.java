package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreCheckTest {
  @Test
  void isUpWhenTheStoreAnswers() {
    assertEquals(Status.UP, answer(new StoreCheck("store", Uni.createFrom().item(1))).getStatus());
  }

  @Test
  void saysWhyItIsDown() {
    var away = new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "the store does not answer");

    var down = answer(new StoreCheck("store", Uni.createFrom().failure(away)));

    assertEquals(Status.DOWN, down.getStatus());
    assertEquals("the store does not answer", reason(down));
  }

  @Test
  void isDownInTwoSecondsWhenNothingAnswers() {
    var begin = System.nanoTime();

    var down = answer(new StoreCheck("disk", Uni.createFrom().nothing()));

    assertEquals("no answer within 2 s", reason(down));
    var taken = Duration.ofNanos(System.nanoTime() - begin);
    Assertions.assertTrue(taken.compareTo(Duration.ofSeconds(5)) < 0, taken.toString());
  }

  @Test
  void asksNoMoreThanOnceASecond() {
    var asked = new AtomicInteger();
    var check = new StoreCheck("store", Uni.createFrom().item(asked::incrementAndGet));

    for (var i = 0; i < 100; i++) {
      assertEquals(Status.UP, answer(check).getStatus());
    }

    Assertions.assertTrue(asked.get() <= 2, asked + " times");
  }

  @Test
  void aDatabaseThatIsClosedIsDown(@TempDir Path directory) {
    var store = TestStore.in(directory);
    assertEquals(Status.UP, answer(new StoreCheck("store", store.store().readable())).getStatus());

    store.pool().close();

    assertEquals(
        "the store does not answer",
        reason(answer(new StoreCheck("store", store.store().readable()))));
    store.close();
  }

  @Test
  void aDirectoryThatIsGoneTakesNoWrite(@TempDir Path directory) {
    var probe = new DiskProbe(directory.resolve("gone").resolve("keyservice.db"));

    var refused = Assertions.assertThrows(Failure.Unavailable.class, probe::requireWritable);

    assertEquals(Reason.STORE_UNAVAILABLE, refused.reason());
    Assertions.assertFalse(refused.getMessage().contains(directory.toString()));
  }

  private static HealthCheckResponse answer(StoreCheck check) {
    return check.call().await().atMost(Duration.ofSeconds(10));
  }

  private static String reason(HealthCheckResponse down) {
    return String.valueOf(down.getData().orElseThrow().get("reason"));
  }
}
