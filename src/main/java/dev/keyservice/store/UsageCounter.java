package dev.keyservice.store;

import dev.keyservice.key.Microseconds;
import dev.keyservice.key.UseCounter;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// The uses of one version by those who opened it together. There may be another counter for the
/// same version at the same time.
final class UsageCounter implements UseCounter {
  /// How far from the truth the time of the last use may be, in microseconds: threads that use one
  /// version do not fight for it each time.
  private static final long PRECISION = 1_000;

  private final VersionId version;
  private final Clock clock;
  private final Consumer<UsageCounter> changed;
  private final LongAdder uses = new LongAdder();
  private volatile long lastUse;

  /// Whether it has said that it has changed, and nobody has looked since.
  private final AtomicBoolean said = new AtomicBoolean();

  private long taken;

  /// @param changed told when there are uses to take, once until they are taken
  UsageCounter(VersionId version, Clock clock, Consumer<UsageCounter> changed) {
    this.version = version;
    this.clock = clock;
    this.changed = changed;
  }

  VersionId version() {
    return version;
  }

  @Override
  public void used() {
    var now = Microseconds.of(clock.instant());
    var last = lastUse;
    if (Math.abs(now - last) > PRECISION) {
      lastUse = now;
    }
    uses.increment(); // after its time: whoever sees the one sees the other
    if (!said.get() && said.compareAndSet(false, true)) {
      changed.accept(this);
    }
  }

  /// Takes the uses since the last time. Under one lock with [#untaken].
  UseDelta take() {
    said.set(false); // before they are counted: a use that comes now is said anew
    var untaken = untaken();
    taken += untaken.uses();
    return untaken;
  }

  /// What [#take] would take.
  UseDelta untaken() {
    return new UseDelta(uses.sum() - taken, lastUse);
  }
}
