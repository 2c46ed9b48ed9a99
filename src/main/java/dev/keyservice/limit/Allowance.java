package dev.keyservice.limit;

import dev.keyservice.call.Rate;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// What one caller may still do: a bucket in which several rates count at once, and the turns that
/// were given to calls which have to wait.
final class Allowance {
  /// How much longer than the first a call is told to wait that comes after many others.
  static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private final List<Rate> rates;
  private final TimeMeter time;
  private final Bucket bucket;
  private final Duration untilFull;
  private final AtomicLong lastTurn = new AtomicLong(Long.MIN_VALUE);

  /// @param rates at least one
  Allowance(List<Rate> rates, TimeMeter time) {
    this.rates = rates;
    this.time = time;
    var builder = Bucket.builder().withCustomTimePrecision(time);
    rates.forEach(rate -> builder.addLimit(rate.bandwidth()));
    this.bucket = builder.build();
    this.untilFull =
        rates.stream().map(Rate::untilFull).max(Comparator.naturalOrder()).orElseThrow();
  }

  /// When nothing is left of what was taken, if nothing else is.
  Duration untilFull() {
    return untilFull;
  }

  Optional<Duration> take() {
    return bucket.tryConsume(1) ? Optional.empty() : Optional.of(nextTurn());
  }

  /// Nothing is taken: who does not come back costs the others nothing but a later turn.
  private Duration nextTurn() {
    var estimate = bucket.asVerbose().estimateAbilityToConsume(1);
    var now = time.currentTimeNanos();
    var due = now + estimate.getValue().getNanosToWaitForRefill();
    var gap = gap(estimate.getState());
    var turn =
        lastTurn.updateAndGet(
            last -> Math.min(Math.max(due, last + gap), due + LONGEST_QUEUE.toNanos()));
    return Duration.ofNanos(turn - now);
  }

  /// Between two turns: what the slowest of the rates that are used up takes for one call.
  private long gap(BucketState state) {
    var slowest = Duration.ZERO;
    for (var i = 0; i < rates.size(); i++) {
      var interval = rates.get(i).interval();
      if (state.getCurrentSize(i) < 1 && interval.compareTo(slowest) > 0) {
        slowest = interval;
      }
    }
    return slowest.toNanos();
  }
}
