package dev.keyservice.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.failure.Failure;
import dev.keyservice.store.TestStore;
import dev.keyservice.testing.LogLines;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyScheduleTest {
  private static final ChangeTerms TERMS = ChangeTerms.of("cn:tester");
  private static final CryptoKeyName NAME = new CryptoKeyName("ring", "key");
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path directory;
  private final SetClocks clocks = new SetClocks();
  private TestStore store;
  private KeyLifecycle lifecycle;
  private KeySchedule schedule;

  /// A clock that anybody may set, and one that nobody can.
  private static final class SetClocks extends Clock {
    private Instant now = TestStore.NOW;
    private long nanos = 42;

    /// Time goes by, on both.
    void pass(Duration time) {
      now = now.plus(time);
      nanos += time.toNanos();
    }

    /// Somebody sets the clock.
    void jump(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @BeforeEach
  void open() {
    store = TestStore.in(directory);
    begin();
    run();
  }

  private void begin() {
    lifecycle =
        new KeyLifecycle(
            store.keys(),
            store.storeKeys(),
            store.keyring(),
            store.usages(),
            TestStore.RECENT_USE,
            ForkJoinPool.commonPool(),
            clocks);
    schedule =
        new KeySchedule(store.dueWork(), store.nonceUses(), lifecycle, clocks, () -> clocks.nanos);
  }

  private void restart() {
    store.close();
    store = TestStore.in(directory);
    begin();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void run() {
    schedule.run().await().indefinitely();
  }

  /// As the service does: time passes in steps of minutes, with a run after each.
  private void live(Duration time) {
    var step = Duration.ofMinutes(time.compareTo(Duration.ofHours(3)) < 0 ? 1 : 20);
    for (var left = time; left.isPositive(); left = left.minus(step)) {
      clocks.pass(left.compareTo(step) < 0 ? left : step);
      run();
    }
  }

  private CryptoKey create(Optional<Duration> period, Instant next) {
    var settings =
        KeySettings.of(Algorithm.XAES_256_GCM)
            .withDestroyWindow(DAY)
            .withRotation(new RotationSchedule(period, Optional.of(next)));
    return lifecycle
        .create(new KeyLifecycle.NewKey(NAME, Purpose.ENCRYPT_DECRYPT, settings, true), TERMS)
        .await()
        .indefinitely()
        .stored()
        .key();
  }

  private CryptoKey key() {
    return store.get("ring/key").orElseThrow().key();
  }

  private VersionState state(int number) {
    return key().version(number).orElseThrow().state();
  }

  private void scheduleDestruction() {
    var _ = create(Optional.empty(), clocks.now.plus(Duration.ofDays(10_000)));
    var _ = lifecycle.destroy(NAME.version(1), false, TERMS).await().indefinitely();
  }

  @Test
  void rotatesWhenItIsDueAndNotBefore() {
    var _ = create(Optional.of(Duration.ofDays(2)), clocks.now.plus(DAY));

    live(DAY.minusMinutes(1));
    assertEquals(1, key().versions().size());
    live(Duration.ofMinutes(1));

    assertEquals(2, key().primary().getAsInt());
    assertEquals(
        Optional.of(TestStore.NOW.plus(Duration.ofDays(3))), key().settings().rotation().next());
    assertEquals(1, schedule.done(ScheduledWork.ROTATION));
    assertEquals(
        "service:schedule", store.changes().getLast().actor(), "the change log says who did it");
  }

  @Test
  void rotatesOnceForAllThatWasMissed() {
    var _ = create(Optional.of(DAY), clocks.now.plus(DAY));
    clocks.pass(Duration.ofDays(100));
    restart();

    run();
    run();

    assertEquals(2, key().versions().size());
    assertEquals(Optional.of(clocks.now.plus(DAY)), key().settings().rotation().next());
  }

  @Test
  void rotatesOnceWithoutAPeriod() {
    var _ = create(Optional.empty(), clocks.now.plus(DAY));

    live(DAY.plusMinutes(2));

    assertEquals(2, key().versions().size());
    assertEquals(RotationSchedule.NEVER, key().settings().rotation());
  }

  @Test
  void destroysWhenTheWindowIsOverAndNotBefore() {
    scheduleDestruction();

    live(DAY.minusMinutes(1));
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));
    live(Duration.ofMinutes(1));

    assertEquals(VersionState.DESTROYED, state(1));
    var version = key().version(1).orElseThrow();
    assertEquals(Optional.empty(), version.material());
    assertEquals(Optional.of(clocks.now), version.destroyEventTime());
    assertEquals(Optional.empty(), version.destroyTime());
    assertEquals(1, schedule.done(ScheduledWork.DESTRUCTION));
  }

  @Test
  void destroysNothingThatWasRestored() {
    scheduleDestruction();
    live(Duration.ofHours(23));
    var _ = lifecycle.restore(NAME.version(1), TERMS).await().indefinitely();

    live(Duration.ofDays(2));

    assertEquals(VersionState.DISABLED, state(1));
  }

  @Test
  void destroysNothingOfAKeyThatIsProtectedMeanwhile() {
    scheduleDestruction();
    protect(true);

    live(DAY.plusMinutes(5));
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));
    protect(false);
    live(Duration.ofMinutes(1));

    assertEquals(VersionState.DESTROYED, state(1));
  }

  private void protect(boolean whether) {
    var _ =
        lifecycle
            .update(NAME, key -> key.settings().withDeletionProtection(whether), TERMS)
            .await()
            .indefinitely();
  }

  @Test
  void survivesARestartInTheWindow() {
    scheduleDestruction();
    live(DAY.minusMinutes(30));
    restart();
    live(Duration.ofMinutes(29));
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));

    live(Duration.ofMinutes(1));

    assertEquals(VersionState.DESTROYED, state(1));
  }

  @Test
  void holdsDestructionForAnHourAfterTheClockHasJumpedAYear() {
    scheduleDestruction();
    live(Duration.ofMinutes(2));

    clocks.jump(Duration.ofDays(365));
    live(Duration.ofMinutes(59));
    assertTrue(schedule.isHeld());
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));
    clocks.jump(Duration.ofDays(-365));
    live(DAY.minusMinutes(62));

    assertFalse(schedule.isHeld());
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1), "not early");
    live(Duration.ofMinutes(2));
    assertEquals(VersionState.DESTROYED, state(1));
    var destroyed = key();
    clocks.jump(Duration.ofDays(-365));
    live(Duration.ofHours(2));
    clocks.jump(Duration.ofDays(365));
    live(Duration.ofHours(2));
    assertEquals(destroyed, key(), "not twice");
    System.out.println(
        "proof: clock a year forward and back during scheduled work: nothing destroyed early,"
            + " nothing twice");
  }

  @Test
  void destroysAnHourAfterTheClockHasJumpedForGood() {
    scheduleDestruction();
    live(Duration.ofMinutes(2));
    clocks.jump(Duration.ofDays(365));

    live(Duration.ofMinutes(62));

    assertEquals(VersionState.DESTROYED, state(1));
  }

  @Test
  void holdsAfterALongAbsenceAndOverRestarts() {
    scheduleDestruction();
    live(Duration.ofMinutes(2));
    clocks.pass(Duration.ofDays(3));
    restart();
    live(Duration.ofMinutes(30));
    assertTrue(schedule.isHeld());
    restart();
    live(Duration.ofMinutes(29));
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));

    live(Duration.ofMinutes(3));

    assertEquals(VersionState.DESTROYED, state(1));
  }

  @Test
  void holdsAtAStartWithAClockBehindTheLastRun() {
    scheduleDestruction();
    live(Duration.ofDays(1).minusMinutes(1));
    clocks.jump(Duration.ofDays(-30));
    restart();

    run();

    assertTrue(schedule.isHeld());
    assertEquals(VersionState.DESTROY_SCHEDULED, state(1));
  }

  @Test
  void rotatesAKeyWellBeforeItsPrimaryHasEncryptedAsOftenAsItMay() {
    store.close();
    store = TestStore.in(directory, 1_000);
    begin();
    var name = store.create("ring/counted", Algorithm.AES_256_GCM).key().name();
    for (var i = 0; i < 1_200; i++) {
      var version = store.keyring().primary(name).await().indefinitely();
      var _ = version.seal(new byte[1], new byte[0]).await().indefinitely();
      if (i % 100 == 0) {
        clocks.pass(Duration.ofMinutes(1));
        run();
      }
    }

    assertEquals(2, store.get("ring/counted").orElseThrow().key().primary().getAsInt());
    assertEquals(1, schedule.done(ScheduledWork.ROTATION));
  }

  @Test
  void goesOnWithTheOthersWhenOneKeyIsDamaged() throws Exception {
    var _ = create(Optional.of(DAY), clocks.now.plus(DAY));
    var _ = store.create("ring/damaged");
    damage("1");

    live(DAY.plusMinutes(1));

    assertEquals(2, key().versions().size());
    assertEquals(1, schedule.done(ScheduledWork.ROTATION));
  }

  /// Makes a key due, and damaged by that.
  private void damage(String nextRotation) throws SQLException {
    store.execute(
        "UPDATE crypto_key SET next_rotation_time = " + nextRotation + " WHERE name = 'damaged'");
  }

  @Test
  void warnsOfADamagedKeyOnceAndCountsEveryAttempt() throws Exception {
    var _ = store.create("ring/damaged");
    try (var log = LogLines.of("dev.keyservice.key")) {
      damage("1");
      live(Duration.ofMinutes(30));
      assertEquals(1, schedule.damaged());
      assertEquals(30, schedule.failed(ScheduledWork.ROTATION));
      assertEquals(0, schedule.failed(ScheduledWork.DESTRUCTION));

      damage("NULL");
      live(Duration.ofMinutes(1));
      assertEquals(0, schedule.damaged());
      assertEquals(30, schedule.failed(ScheduledWork.ROTATION));

      damage("1");
      live(Duration.ofMinutes(30));

      assertEquals(1, schedule.damaged());
      var warned = log.with("is due and cannot be done");
      assertEquals(2, warned.size(), warned.toString());
      assertTrue(
          warned.getFirst().startsWith("the rotation of keyRings/ring/cryptoKeys/damaged is due"));
    }
  }

  @Test
  void saysHowLongAgoItCameToItsEnd() {
    live(Duration.ofMinutes(3));
    assertEquals(Duration.ZERO, schedule.sinceLastRun());
    clocks.pass(Duration.ofMinutes(7));
    clocks.jump(DAY);

    assertEquals(Duration.ofMinutes(7), schedule.sinceLastRun());
    store.close();
    assertThrows(Failure.Unavailable.class, this::run);
    assertEquals(Duration.ofMinutes(7), schedule.sinceLastRun());
    store = TestStore.in(directory);
    begin();
    run();
    assertEquals(Duration.ZERO, schedule.sinceLastRun());
  }

  @Test
  void leavesNothingOfTheMaterialInTheFiles() throws Exception {
    scheduleDestruction();
    var material = key().version(1).orElseThrow().material().orElseThrow().bytes();
    assertTrue(store.filesContain(material), "it is there before");

    live(DAY.plusMinutes(1));

    assertEquals(VersionState.DESTROYED, state(1));
    assertFalse(store.filesContain(material), "database and log");
    System.out.println(
        "proof: destroyed material is found in none of the files of the store, open as it is");
  }
}
