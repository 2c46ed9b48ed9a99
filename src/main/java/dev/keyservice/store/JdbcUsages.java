package dev.keyservice.store;

import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Usage;
import dev.keyservice.key.Usages;
import dev.keyservice.key.UseCounter;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/// Counts uses in memory, and saves what has changed every now and then and at the end.
///
/// What is not confirmed is saved again, before anything else. Meanwhile counters go on: a store
/// that is away costs nothing but memory, a counter for each version that was opened.
final class JdbcUsages implements Usages, AutoCloseable {
  /// How long a use may be in memory alone, twice over: the other half is for a store that is slow.
  static final Duration INTERVAL = Duration.ofSeconds(30);

  /// How many versions are saved by one transaction.
  static final int BATCH = 500;

  private static final Logger LOG = Logger.getLogger(JdbcUsages.class);

  /// How often a reading that was overtaken by a saving is repeated.
  private static final int READINGS = 4;

  private final Transactions transactions;
  private final StoreThreads threads;
  private final UsageRows rows;
  private final Clock clock;
  private final Queue<UsageCounter> changed = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean saving = new AtomicBoolean();
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("store-usage").factory());

  /// What is being saved, until it is known to be there. Replaced as a whole, with the lock.
  private Map<VersionId, PendingUses> pending = Map.of();

  /// How often something was saved. With the lock.
  private long saved;

  /// @param interval from one saving to the next
  JdbcUsages(
      Transactions transactions,
      StoreThreads threads,
      UsageRows rows,
      Clock clock,
      Duration interval) {
    this.transactions = transactions;
    this.threads = threads;
    this.rows = rows;
    this.clock = clock;
    var millis = interval.toMillis();
    var _ = ticker.scheduleWithFixedDelay(this::save, millis, millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public UseCounter counter(UUID keyUid, int number) {
    return new UsageCounter(new VersionId(keyUid, number), clock, changed::add);
  }

  /// Begins to save what has changed so far, unless that is under way.
  void save() {
    if (saving.compareAndSet(false, true)) {
      save(batches());
    }
  }

  /// Whether something is being saved.
  boolean isSaving() {
    return saving.get();
  }

  /// One batch after the other, each in its turn among other writers. Those that change meanwhile
  /// have to wait for the next time, or it might never end.
  private void save(int batches) {
    if (batches == 0) {
      saving.set(false);
      return;
    }
    var _ =
        threads
            .write("save_usage", this::saveBatch)
            .subscribe()
            .with(_ -> save(batches - 1), _ -> saving.set(false));
  }

  /// One more than full ones: the first may be what was not confirmed the last time.
  private int batches() {
    return changed.size() / BATCH + 2;
  }

  /// @return whether there was anything to save
  private boolean saveBatch() {
    var batch = nextBatch();
    if (batch.isEmpty()) {
      return false;
    }
    var _ =
        transactions.write(connection -> {
          for (var uses : batch.entrySet()) {
            rows.add(connection, uses.getKey(), uses.getValue());
          }
          return true;
        });
    confirmed();
    return true;
  }

  private synchronized Map<VersionId, PendingUses> nextBatch() {
    if (pending.isEmpty()) {
      pending = take();
    }
    return pending;
  }

  private Map<VersionId, PendingUses> take() {
    var deltas = new HashMap<VersionId, UseDelta>();
    for (var counter = changed.poll(); counter != null; counter = changed.poll()) {
      deltas.merge(counter.version(), counter.take(), UseDelta::and);
      if (deltas.size() == BATCH) {
        break;
      }
    }
    var batch = new HashMap<VersionId, PendingUses>();
    deltas.forEach((version, delta) -> {
      if (delta.uses() > 0) {
        batch.put(version, new PendingUses(delta));
      }
    });
    return batch;
  }

  private synchronized void confirmed() {
    pending = Map.of();
    saved++;
  }

  @Override
  public Uni<Map<Integer, Usage>> of(UUID keyUid) {
    return threads.read("get_usage", () -> read(keyUid));
  }

  /// First what is in memory, then what is stored: a saving between the two would be counted twice,
  /// and not at all the other way round.
  private Map<Integer, Usage> read(UUID keyUid) {
    for (int reading = 1; ; reading++) {
      var unsaved = unsaved(keyUid);
      var stored = transactions.read(connection -> rows.read(connection, keyUid));
      if (reading == READINGS || savings() == unsaved.savings()) {
        return unsaved.addTo(stored);
      }
    }
  }

  private synchronized long savings() {
    return saved;
  }

  private synchronized Unsaved unsaved(UUID keyUid) {
    var pendingOfKey = new HashMap<Integer, PendingUses>();
    pending.forEach((version, uses) -> {
      if (version.keyUid().equals(keyUid)) {
        pendingOfKey.put(version.number(), uses);
      }
    });
    var counted = new HashMap<Integer, UseDelta>();
    for (var counter : changed) {
      if (counter.version().keyUid().equals(keyUid)) {
        counted.merge(counter.version().number(), counter.untaken(), UseDelta::and);
      }
    }
    return new Unsaved(pendingOfKey, counted, saved);
  }

  /// What is in memory of one key.
  ///
  /// @param savings how often something was saved before
  private record Unsaved(
      Map<Integer, PendingUses> pending, Map<Integer, UseDelta> counted, long savings) {

    Map<Integer, Usage> addTo(Map<Integer, Usage> stored) {
      var all = new HashMap<>(stored);
      pending.forEach((number, uses) -> {
        if (!uses.isIn(stored.getOrDefault(number, Usage.NONE).uses())) {
          all.put(number, sum(all.getOrDefault(number, Usage.NONE), uses.delta()));
        }
      });
      counted.forEach(
          (number, uses) -> all.put(number, sum(all.getOrDefault(number, Usage.NONE), uses)));
      return Map.copyOf(all);
    }

    private static Usage sum(Usage usage, UseDelta more) {
      return more.uses() == 0
          ? usage
          : new Usage(
              usage.uses() + more.uses(),
              Optional.of(Microseconds.toInstant(more.lastUse())),
              usage.known());
    }
  }

  /// Saves what there is before the threads of the store end, which waits for it.
  @Override
  public void close() {
    ticker.shutdownNow();
    var _ =
        threads
            .write("save_usage", this::saveAll)
            .subscribe()
            .with(_ -> {}, _ -> LOG.warn("the uses of the last minute could not be saved"));
  }

  private boolean saveAll() {
    for (var left = batches(); left > 0; left--) {
      var _ = saveBatch();
    }
    return true;
  }
}
