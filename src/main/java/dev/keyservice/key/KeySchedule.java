package dev.keyservice.key;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  private final Map<ScheduledWork, LongAdder> done = adders();
  private final Map<ScheduledWork, LongAdder> failed = adders();
  private final DueFailures failures = new DueFailures();
  private volatile boolean held;
  private volatile long endedNanos;

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
    this.endedNanos = nanoTime.getAsLong();
  }

  private static Map<ScheduledWork, LongAdder> adders() {
    var adders = new EnumMap<ScheduledWork, LongAdder>(ScheduledWork.class);
    for (var kind : ScheduledWork.values()) {
      adders.put(kind, new LongAdder());
    }
    return adders;
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
    failures.begin();
    return remember(next, nanos)
        .chain(() -> rotateKeys(now))
        .chain(() -> held ? Uni.createFrom().voidItem() : destroyVersions(now))
        .chain(this::eraseTraces)
        .invoke(this::end);
  }

  private Uni<Void> rotateKeys(Instant now) {
    return work.rotations(now)
        .chain(due -> each(due, this::rotateIfDue))
        .chain(nonceUses::runningOut)
        .chain(due -> each(due, this::rotateFrom));
  }

  private Uni<Void> destroyVersions(Instant now) {
    return work.destructions(now).chain(due -> each(due, this::destroy));
  }

  private void end() {
    failures.end();
    endedNanos = nanoTime.getAsLong();
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

  private Uni<Void> rotateIfDue(CryptoKeyName name) {
    return one(ScheduledWork.ROTATION, name.resource(), lifecycle.rotateIfDue(name, TERMS));
  }

  private Uni<Void> rotateFrom(CryptoKeyVersionName name) {
    return one(ScheduledWork.ROTATION, name.resource(), lifecycle.rotateFrom(name, TERMS));
  }

  private Uni<Void> destroy(CryptoKeyVersionName name) {
    tracesLeft = true; // from the moment at which it may have happened
    return one(ScheduledWork.DESTRUCTION, name.resource(), lifecycle.destroyIfDue(name, TERMS));
  }

  /// One after the other.
  private static <T> Uni<Void> each(List<T> due, Function<T, Uni<Void>> work) {
    return Multi.createFrom()
        .iterable(due)
        .onItem()
        .transformToUniAndConcatenate(work::apply)
        .collect()
        .last()
        .replaceWithVoid();
  }

  /// A failure of one is not that of the others.
  private Uni<Void> one(ScheduledWork kind, String name, Uni<ChangeOutcome> change) {
    return change
        .invoke(outcome -> noteDone(kind, name, outcome))
        .onFailure()
        .invoke(e -> noteFailed(kind, name, e))
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }

  private void noteDone(ScheduledWork kind, String name, ChangeOutcome outcome) {
    if (outcome.revision().isPresent()) {
      count(done, kind).increment();
      LOG.infof("the %s of %s was due and is done", kind.inWords(), name);
    }
  }

  private void noteFailed(ScheduledWork kind, String name, Throwable why) {
    count(failed, kind).increment();
    failures.note("the " + kind.inWords() + " of " + name, why);
  }

  private static LongAdder count(Map<ScheduledWork, LongAdder> counts, ScheduledWork kind) {
    return Objects.requireNonNull(counts.get(kind));
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

  /// How much it has done since the start.
  public long done(ScheduledWork kind) {
    return count(done, kind).sum();
  }

  /// How often something that was due could not be done.
  public long failed(ScheduledWork kind) {
    return count(failed, kind).sum();
  }

  /// How much of what was due at the last run could not be done because its key is damaged.
  public int damaged() {
    return failures.damaged();
  }

  /// How long ago a run came to its end, by a clock that nobody sets; before the first one, how
  /// long this is there.
  public Duration sinceLastRun() {
    return Duration.ofNanos(nanoTime.getAsLong() - endedNanos);
  }
}
