package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.key.Microseconds;
import dev.keyservice.testing.SetClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UsageCounterTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");

  private final SetClock clock = new SetClock();
  private final List<UsageCounter> changed = new ArrayList<>();
  private final UsageCounter counter =
      new UsageCounter(new VersionId(UUID.randomUUID(), 1), clock, changed::add);

  private void useAt(Instant time) {
    clock.set(time);
    counter.used();
  }

  private Instant lastUse() {
    return Microseconds.toInstant(counter.untaken().lastUse());
  }

  @Test
  void saysOnceThatThereIsSomethingToTake() {
    useAt(NOW);
    useAt(NOW);
    assertEquals(List.of(counter), changed);
    assertEquals(2, counter.take().uses());

    useAt(NOW);

    assertEquals(List.of(counter, counter), changed);
    assertEquals(1, counter.take().uses());
    assertEquals(0, counter.take().uses());
  }

  @Test
  void knowsTheLastUseToTheMillisecond() {
    useAt(NOW);
    assertEquals(NOW, lastUse());

    useAt(NOW.plusMillis(1));
    assertEquals(NOW, lastUse());
    useAt(NOW.plusMillis(2));

    assertEquals(NOW.plusMillis(2), lastUse());
  }

  @Test
  void followsAClockThatWasAhead() {
    useAt(NOW.plus(Duration.ofDays(365)));

    useAt(NOW);

    assertEquals(NOW, lastUse());
  }
}
