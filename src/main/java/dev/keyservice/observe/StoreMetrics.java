package dev.keyservice.observe;

import dev.keyservice.key.Tally;
import dev.keyservice.key.VersionState;
import dev.keyservice.store.KeyCounts;
import dev.keyservice.store.Store;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// The store: how long it takes, who waits for it, how far its change log is, what was found
/// damaged, and how much it holds.
@Singleton
final class StoreMetrics {
  /// How long counts are shown at least, while the store changes. As long as it does not, it is not
  /// asked again.
  private static final long COUNTS_HOLD = TimeUnit.SECONDS.toNanos(10);

  private final Store store;
  private volatile @Nullable KeyCounts counts;
  private long countedRevision;
  private long countedAt;

  StoreMetrics(Store store) {
    this.store = store;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    transactions(registry, "read", store.reads(), Store::failedReads);
    transactions(registry, "write", store.writes(), Store::failedWrites);
    queue(registry, "write", Store::waitingWrites);
    queue(registry, "read", Store::waitingReads);
    queue(registry, "follow", Store::waitingFollowers);
    FunctionCounter.builder("keyservice.store.turned.away", store, Store::turnedAway)
        .description("Work that was turned away because too much waited.")
        .register(registry);
    Gauge.builder("keyservice.store.revision", store, Store::revision)
        .description("The newest revision of the change log.")
        .register(registry);
    Gauge.builder("keyservice.store.followers", store, Store::waiting)
        .description("Calls that wait for the next change.")
        .register(registry);
    alarms(registry);
    count();
    Gauge.builder("keyservice.keys", this, StoreMetrics::keys)
        .description("Keys in the store.")
        .register(registry);
    for (var state : VersionState.values()) {
      Gauge.builder("keyservice.key.versions", this, metrics -> metrics.versions(state))
          .description("Versions of keys in the store.")
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }

  private void transactions(
      MeterRegistry registry, String kind, Tally done, ToDoubleFunction<Store> failed) {
    FunctionTimer.builder(
            "keyservice.store.transactions", done, Tally::times, Tally::nanos, TimeUnit.NANOSECONDS)
        .description("Transactions, from asking for a connection to the end.")
        .tag("kind", kind)
        .register(registry);
    FunctionCounter.builder("keyservice.store.transaction.failures", store, failed)
        .description("Transactions that the database did not answer or confirm.")
        .tag("kind", kind)
        .register(registry);
  }

  private void queue(MeterRegistry registry, String kind, ToDoubleFunction<Store> waiting) {
    Gauge.builder("keyservice.store.queue", store, waiting)
        .description("Work that waits for a thread of the store.")
        .tag("kind", kind)
        .register(registry);
  }

  private void alarms(MeterRegistry registry) {
    Gauge.builder("keyservice.store.broken", store, open -> open.broken() ? 1 : 0)
        .description("1 since the change log was found changed by others: an alarm.")
        .register(registry);
    Gauge.builder("keyservice.store.damaged.keys", store, Store::damagedKeys)
        .description("Keys that were found damaged since the start: more than 0 is an alarm.")
        .register(registry);
    FunctionCounter.builder("keyservice.store.refused.reads", store, Store::refusedReads)
        .description("Reads that were refused because the key is damaged.")
        .register(registry);
  }

  private double keys() {
    count();
    var known = counts;
    return known == null ? Double.NaN : known.keys();
  }

  private double versions(VersionState state) {
    count();
    var known = counts;
    return known == null ? Double.NaN : known.versions().getOrDefault(state, 0L);
  }

  /// Nobody waits for it: a scrape shows what was counted last, and the next one what has become of
  /// it.
  private synchronized void count() {
    var now = System.nanoTime();
    var revision = store.revision();
    var first = countedAt == 0;
    if (!first && (revision == countedRevision || now - countedAt < COUNTS_HOLD)) {
      return;
    }
    countedAt = now;
    countedRevision = revision;
    var _ = store.counts().subscribe().with(found -> counts = found, _ -> forget());
  }

  /// The store has said in the log what is wrong; it is asked again in a while.
  private synchronized void forget() {
    counts = null;
    countedRevision = -1;
  }
}
