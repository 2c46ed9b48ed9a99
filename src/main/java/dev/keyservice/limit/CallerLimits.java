package dev.keyservice.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.keyservice.call.Rate;
import dev.keyservice.identity.Caller;
import io.github.bucket4j.TimeMeter;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Counts the calls of each caller against its rates.
///
/// A caller is its id, on however many connections. Other rates for it, as after a change of the
/// policy, begin with a full bucket; the same rates go on counting. What is counted is forgotten
/// when its bucket is full again, or when more than [#MAX_CALLERS] call at a time, those that call
/// least first.
// Caffeine finds the cache that its builder describes by name.
@RegisterForReflection(
    classNames = {
      "com.github.benmanes.caffeine.cache.SSMSA",
      "com.github.benmanes.caffeine.cache.PSWMS"
    })
public final class CallerLimits {
  static final int MAX_CALLERS = 65_536;

  private final RatesOfCaller rates;
  private final List<Rate> byDefault;
  private final TimeMeter time;
  private final Cache<Key, Allowance> allowances;
  private final LongAdder refusals = new LongAdder();

  /// @param byDefault for callers for whom no rates are laid down
  public CallerLimits(RatesOfCaller rates, Rate byDefault, TimeMeter time) {
    this.rates = rates;
    this.byDefault = List.of(byDefault);
    this.time = time;
    this.allowances =
        Caffeine.newBuilder()
            .maximumSize(MAX_CALLERS)
            .expireAfter(Expiry.<Key, Allowance>accessing((_, allowance) -> allowance.untilFull()))
            .ticker(time::currentTimeNanos)
            .build();
  }

  /// The rates are part of the key: of two tokens of one subject only one may be in a group that a
  /// binding names, and in turns each would give the other a full bucket.
  private record Key(String callerId, List<Rate> rates) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && callerId.equals(key.callerId) && rates.equals(key.rates);
    }

    @Override
    public int hashCode() {
      return callerId.hashCode();
    }
  }

  /// Takes one call from what the caller may make.
  ///
  /// @return empty when it may go on, or else how long to wait; the next that has to wait is told
  ///   to wait longer, so that all of them find their turn
  Optional<Duration> take(Caller caller) {
    var laidDown = rates.of(caller);
    var key = new Key(caller.id(), laidDown.isEmpty() ? byDefault : laidDown);
    var wait = allowances.get(key, missing -> new Allowance(missing.rates(), time)).take();
    if (wait.isPresent()) {
      refusals.increment();
    }
    return wait;
  }

  /// How many calls were refused.
  public long refusals() {
    return refusals.sum();
  }

  /// How many callers are counted, once what is due has been forgotten.
  public long callers() {
    allowances.cleanUp();
    return allowances.estimatedSize();
  }
}
