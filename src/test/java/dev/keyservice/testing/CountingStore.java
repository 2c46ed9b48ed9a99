package dev.keyservice.testing;

import dev.keyservice.key.ChangeOutcome;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeyRingName;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Keyring;
import dev.keyservice.key.KeyringLimit;
import dev.keyservice.key.NonceUses;
import dev.keyservice.key.RecentUse;
import dev.keyservice.key.StoredKey;
import dev.keyservice.key.Usages;
import dev.keyservice.store.Store;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// The real store and everything that works on it, and how often anything is looked up there.
///
/// A test chooses it by its profile.
@Alternative
@ApplicationScoped
public class CountingStore {
  private static final AtomicInteger LOOK_UPS = new AtomicInteger();

  /// How often so far.
  public static int lookUps() {
    return LOOK_UPS.get();
  }

  @Produces
  @ApplicationScoped
  KeyStore keyStore(Store store) {
    return new Counting(store.keys());
  }

  @Produces
  @ApplicationScoped
  Keyring keyring(
      KeyStore counted, Store store, NonceUses nonceUses, Usages usages, KeyringLimit limit) {
    return new Keyring(
        counted,
        store.storeKeys(),
        nonceUses,
        usages,
        Infrastructure.getDefaultWorkerPool(),
        limit);
  }

  void close(@Disposes Keyring keyring) {
    keyring.close();
  }

  @Produces
  @ApplicationScoped
  KeyLifecycle keyLifecycle(
      KeyStore counted,
      Store store,
      Keyring keyring,
      Usages usages,
      RecentUse recentUse,
      Clock clock) {
    return new KeyLifecycle(
        counted,
        store.storeKeys(),
        keyring,
        usages,
        recentUse,
        Infrastructure.getDefaultWorkerPool(),
        clock);
  }

  private record Counting(KeyStore store) implements KeyStore {
    private static <T> Uni<T> counted(Uni<T> answer) {
      LOOK_UPS.incrementAndGet();
      return answer;
    }

    @Override
    public Uni<ChangeOutcome> create(CryptoKey key, ChangeTerms terms) {
      return counted(store.create(key, terms));
    }

    @Override
    public Uni<ChangeOutcome> change(CryptoKeyName name, ChangeTerms terms, Step step) {
      return counted(store.change(name, terms, step));
    }

    @Override
    public Uni<Optional<StoredKey>> get(CryptoKeyName name) {
      return counted(store.get(name));
    }

    @Override
    public Uni<KeyPage> list(
        KeyRingName ring,
        Optional<String> after,
        int limit,
        Predicate<CryptoKeyName> visible,
        Predicate<CryptoKey> matching) {
      return counted(store.list(ring, after, limit, visible, matching));
    }

    @Override
    public Uni<RingPage> listRings(
        Optional<String> after, int limit, Predicate<CryptoKeyName> visible) {
      return counted(store.listRings(after, limit, visible));
    }

    @Override
    public Uni<Long> newestRevision() {
      return counted(store.newestRevision());
    }

    @Override
    public Uni<ChangePage> changes(long after, int limit, Predicate<CryptoKeyName> visible) {
      return counted(store.changes(after, limit, visible));
    }

    @Override
    public Uni<Void> changedSince(long revision) {
      return counted(store.changedSince(revision));
    }
  }
}
