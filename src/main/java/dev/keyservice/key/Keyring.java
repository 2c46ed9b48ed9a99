package dev.keyservice.key;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.root.StoreKeys;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The keys that are ready for use, opened once and kept in memory.
///
/// A key that is here is found without leaving the thread; another is read from the store, once for
/// all who wait for it. What cannot be used is never kept, so that a key is there as soon as it is
/// created.
///
/// Secrets are erased some time after they left: a call uses what it takes at once, on the same
/// thread, within microseconds, or waits some seconds for its use to be reserved, so that
/// [#ERASE_AFTER_SECONDS] is ample. Were it not, the call would fail: a primitive never works with
/// an erased secret.
public final class Keyring implements AutoCloseable {
  static final int ERASE_AFTER_SECONDS = 60;

  private final KeyStore store;
  private final StoreKeys storeKeys;
  private final NonceUses nonceUses;
  private final Usages usages;
  private final Executor workers;
  private final KeyringLimit limit;
  private final AsyncCache<CryptoKeyName, KeyringEntry> entries;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder evictions = new LongAdder();
  private final Tally loads = new Tally();

  /// @param workers where key material is opened, off the event loop
  /// @param limit bounds the secrets in memory, not only the keys: a key may have many versions
  public Keyring(
      KeyStore store,
      StoreKeys storeKeys,
      NonceUses nonceUses,
      Usages usages,
      Executor workers,
      KeyringLimit limit) {
    this.store = store;
    this.storeKeys = storeKeys;
    this.nonceUses = nonceUses;
    this.usages = usages;
    this.workers = workers;
    this.limit = limit;
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(limit.entries())
            .weigher((CryptoKeyName _, KeyringEntry entry) -> 1 + entry.secrets())
            .removalListener(this::removed)
            .executor(workers)
            .buildAsync();
  }

  /// The version that encrypts when none is named.
  ///
  /// Fails with `NotFound` (`KEY_NOT_FOUND`), with `FailedPrecondition` (`VERSION_NOT_ENABLED`) or
  /// as the store does.
  public Uni<UsableVersion> primary(CryptoKeyName name) {
    return find(name, KeyringEntry::primary);
  }

  /// One version. Fails as [#primary] does, and with `NotFound` (`VERSION_NOT_FOUND`).
  public Uni<UsableVersion> version(CryptoKeyVersionName name) {
    return find(name.key(), entry -> entry.version(name.version()));
  }

  /// Forgets a key, which is read anew at its next use. A read that is under way is not kept.
  public void invalidate(CryptoKeyName name) {
    entries.synchronous().invalidate(name);
  }

  private Uni<UsableVersion> find(
      CryptoKeyName name, Function<KeyringEntry, UsableVersion> choice) {
    var known = entries.getIfPresent(name);
    if (known != null && known.state() == Future.State.SUCCESS) {
      hits.increment();
      try {
        return Uni.createFrom().item(choice.apply(known.resultNow()));
      } catch (RuntimeException e) {
        return Uni.createFrom().failure(e);
      }
    }
    misses.increment();
    return OffLoop.shared(() -> entry(name)).map(choice);
  }

  private CompletableFuture<KeyringEntry> entry(CryptoKeyName name) {
    var entry = entries.get(name, (_, _) -> load(name));
    var _ = entry.thenAccept(loaded -> forgetRefused(name, loaded, entry));
    return entry;
  }

  private void forgetRefused(
      CryptoKeyName name, KeyringEntry loaded, CompletableFuture<KeyringEntry> entry) {
    if (loaded instanceof KeyringEntry.Refused) {
      var _ = entries.asMap().remove(name, entry);
    }
  }

  /// Never fails: Caffeine would log each failed look-up, and a missing key is no event.
  private CompletableFuture<KeyringEntry> load(CryptoKeyName name) {
    var begin = System.nanoTime();
    return store
        .get(name)
        .map(found -> found.orElseThrow(() -> notFound(name)))
        .chain(this::open)
        .onFailure(RuntimeException.class)
        .recoverWithItem(KeyringEntry.Refused::new)
        .invoke(() -> loads.doneSince(begin))
        .subscribeAsCompletionStage();
  }

  private Uni<KeyringEntry> open(StoredKey stored) {
    return OffLoop.run(workers, () -> OpenedKey.open(stored.key(), storeKeys, nonceUses, usages));
  }

  private static Failure notFound(CryptoKeyName name) {
    return new Failure.NotFound(Reason.KEY_NOT_FOUND, name.resource());
  }

  private void removed(
      @Nullable CryptoKeyName name, @Nullable KeyringEntry entry, RemovalCause cause) {
    if (cause.wasEvicted()) {
      evictions.increment();
    }
    if (entry != null && entry.secrets() > 0) {
      CompletableFuture.delayedExecutor(ERASE_AFTER_SECONDS, TimeUnit.SECONDS, workers)
          .execute(entry::erase);
    }
  }

  /// How many keys it holds, once what is due has been evicted.
  public long size() {
    entries.synchronous().cleanUp();
    return entries.synchronous().estimatedSize();
  }

  /// How much of what it may hold it does, 0 to 1. When it is full, keys that are used are read
  /// from the store again and again.
  public double fill() {
    return entries.synchronous().policy().eviction().stream()
        .flatMapToLong(eviction -> eviction.weightedSize().stream())
        .mapToDouble(weight -> (double) weight / limit.entries())
        .sum();
  }

  /// How often a key was found here.
  public long hits() {
    return hits.sum();
  }

  /// How often one was not, or not yet: also for a key that does not exist.
  public long misses() {
    return misses.sum();
  }

  /// How many keys had to go because there was no room.
  public long evictions() {
    return evictions.sum();
  }

  /// The reads from the store.
  public Tally loads() {
    return loads;
  }

  /// Erases every secret at once. For when no call is left.
  @Override
  public void close() {
    entries.synchronous().asMap().values().forEach(KeyringEntry::erase);
  }
}
