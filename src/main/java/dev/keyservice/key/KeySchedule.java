package dev.keyservice.key;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Rotates keys and destroys versions when they are due, and rotates keys whose primary can soon
/// encrypt no more. One run after the other, never two at once.
///
/// It trusts the clock no further than it must. When the clock has jumped, or the service was away
/// for long, it destroys nothing for an hour and says so: time enough to put the clock right, or to
/// restore a version. Rotations are not held; those that were missed count as one.
public final class KeySchedule {
  /// Who does it, as the change log says; no caller has such an id.
  public static final String ACTOR = "service:schedule";

  static final Duration HOLD = Duration.ofHours(1);

  private static final Logger LOG = Logger.getLogger(KeySchedule.class);
  private static final ChangeTerms TERMS = ChangeTerms.of(ACTOR);

  /// How far the clock may be from where it should be: less than it takes to run.
  private static final Duration TOLERANCE = Duration.ofSeconds(30);

  /// A longer absence is taken for one of which nobody knows the length.
  private static final Duration ABSENCE = Duration.ofHours(1);

  private static final Duration MARK_INTERVAL = Duration.ofMinutes(1);

  private final DueWork work;
  private final NonceUses nonceUses;
  private final KeyLifecycle lifecycle;
  private final Clock clock;
  private final LongSupplier nanoTime;

  private final LongAdder rotated = new LongAdder();
  private final LongAdder destroyed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile boolean held;

  // Of the run that is under way.
  private @Nullable Instant lastRun;
  private long lastNanos;
  private Optional<ScheduleMark> mark = Optional.empty();
  private @Nullable ScheduleMark remembered;
  private long rememberedNanos;

  /// What a process that was killed may have left.
  private boolean tracesLeft = true;

  /// @param nanoTime of a clock that nobody sets, such as `System::nanoTime`
  public KeySchedule(
      DueWork work,
      NonceUses nonceUses,
      KeyLifecycle lifecycle,
      Clock clock,
      LongSupplier nanoTime) {
    this.work = work;
    this.nonceUses = nonceUses;
    this.lifecycle = lifecycle;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  /// Does what is due. What fails is logged and tried again by the next run.
  public Uni<Void> run() {
    return Uni.createFrom()
        .deferred(() -> lastRun == null ? work.mark() : Uni.createFrom().item(mark))
        .chain(known -> run(known));
  }

  private Uni<Void> run(Optional<ScheduleMark> known) {
    var now = clock.instant();
    var nanos = nanoTime.getAsLong();
    var next = new ScheduleMark(now, heldUntil(known, now, nanos));
    held = next.heldUntil().isAfter(now);
    mark = Optional.of(next);
    lastRun = now;
    lastNanos = nanos;
    return remember(next, nanos)
        .chain(() -> work.rotations(now))
        .chain(due -> each(due, name -> lifecycle.rotateIfDue(name, TERMS), rotated))
        .chain(nonceUses::runningOut)
        .chain(due -> each(due, name -> lifecycle.rotateFrom(name, TERMS), rotated))
        .chain(() -> held ? nothing() : work.destructions(now))
        .chain(due -> each(due, this::destroy, destroyed))
        .chain(_ -> eraseTraces());
  }

  private static Uni<List<CryptoKeyVersionName>> nothing() {
    return Uni.createFrom().item(List.of());
  }

  private Instant heldUntil(Optional<ScheduleMark> known, Instant now, long nanos) {
    if (known.isEmpty()) {
      return now;
    }
    var jump = lastRun == null ? absence(known.get(), now) : jump(lastRun, now, nanos);
    var until = jump.isPresent() ? now.plus(HOLD) : known.get().heldUntil();
    jump.ifPresent(what ->
        LOG.warnf("%s: no key version is destroyed until %s", what, Microseconds.truncate(until)));
    // Nothing vouches for what is remembered.
    return until.isAfter(now.plus(HOLD)) ? now.plus(HOLD) : until;
  }

  private static Optional<String> absence(ScheduleMark known, Instant now) {
    var away = Duration.between(known.lastRun(), now);
    if (away.compareTo(TOLERANCE.negated()) < 0) {
      return Optional.of("the clock is behind the last run of the schedule by " + away.negated());
    }
    return away.compareTo(ABSENCE) > 0
        ? Optional.of("the last run of the schedule was " + away + " ago")
        : Optional.empty();
  }

  private Optional<String> jump(Instant last, Instant now, long nanos) {
    var jump = Duration.between(last, now).minusNanos(nanos - lastNanos);
    return jump.abs().compareTo(TOLERANCE) > 0
        ? Optional.of("the clock has jumped by " + jump)
        : Optional.empty();
  }

  /// Not at every run: each is a write.
  private Uni<Void> remember(ScheduleMark next, long nanos) {
    if (remembered != null
        && remembered.heldUntil().equals(next.heldUntil())
        && nanos - rememberedNanos < MARK_INTERVAL.toNanos()) {
      return Uni.createFrom().voidItem();
    }
    return work.remember(next)
        .invoke(() -> {
          remembered = next;
          rememberedNanos = nanos;
        });
  }

  private Uni<ChangeOutcome> destroy(CryptoKeyVersionName name) {
    tracesLeft = true; // from the moment at which it may have happened
    return lifecycle.destroyIfDue(name, TERMS);
  }

  /// One after the other; a failure of one is not that of the others.
  private <T> Uni<Void> each(List<T> due, Function<T, Uni<ChangeOutcome>> change, LongAdder count) {
    return Multi.createFrom()
        .iterable(due)
        .onItem()
        .transformToUniAndConcatenate(one ->
            change
                .apply(one)
                .invoke(outcome -> {
                  if (outcome.revision().isPresent()) {
                    count.increment();
                    LOG.infof("%s: the schedule has changed it", one);
                  }
                })
                .onFailure()
                .invoke(e -> {
                  failed.increment();
                  LOG.warnf("what is due cannot be done and is tried again: %s", e.getMessage());
                })
                .onFailure()
                .recoverWithNull())
        .collect()
        .last()
        .replaceWithVoid();
  }

  private Uni<Void> eraseTraces() {
    if (!tracesLeft) {
      return Uni.createFrom().voidItem();
    }
    return work.eraseTraces()
        .invoke(gone -> {
          tracesLeft = !gone;
          if (!gone) {
            LOG.warn("what destroyed material has left in the files is removed by the next run");
          }
        })
        .replaceWithVoid();
  }

  /// Whether nothing is destroyed at present, because of the clock or a long absence.
  public boolean isHeld() {
    return held;
  }

  /// How many keys it has rotated.
  public long rotated() {
    return rotated.sum();
  }

  /// How many versions it has destroyed.
  public long destroyed() {
    return destroyed.sum();
  }

  /// How often something that was due could not be done.
  public long failed() {
    return failed.sum();
  }
}
