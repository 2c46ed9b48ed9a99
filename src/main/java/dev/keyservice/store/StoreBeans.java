package dev.keyservice.store;

import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeyStore;
import dev.keyservice.key.Keyring;
import dev.keyservice.key.KeyringLimit;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.NonceUses;
import dev.keyservice.key.RecentUse;
import dev.keyservice.key.Usages;
import dev.keyservice.root.RootKeyProvider;
import io.agroal.api.AgroalDataSource;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Function;
import org.eclipse.microprofile.health.Readiness;

/// The store and what works on it, as beans. Whoever starts the service asks for the [Store] first,
/// which opens it.
// Caffeine finds the cache that its builder describes by name: see Keyring and JdbcNonceUses.
@RegisterForReflection(
    classNames = {
      "com.github.benmanes.caffeine.cache.SSLMW",
      "com.github.benmanes.caffeine.cache.PSMW",
      "com.github.benmanes.caffeine.cache.SSMS",
      "com.github.benmanes.caffeine.cache.PSMS"
    })
final class StoreBeans {

  @Produces
  @Singleton
  static Store store(
      KeyServiceConfig config,
      RootKeyProvider rootKeys,
      @DataSource(SqliteConnections.DATA_SOURCE) Instance<AgroalDataSource> pool,
      OpenTelemetry telemetry,
      Clock clock) {
    return Store.open(
        Path.of(Setting.STORE_PATH.orDefault(config.store().path())),
        rootKeys,
        pool::get,
        telemetry.getTracer("dev.keyservice.store"),
        clock);
  }

  static void close(@Disposes Store store) {
    store.close();
  }

  @Produces
  @Singleton
  @Readiness
  static AsyncHealthCheck readable(Instance<Store> store) {
    return check("store", store, Store::readable);
  }

  @Produces
  @Singleton
  @Readiness
  static AsyncHealthCheck confirmed(Instance<Store> store) {
    return check("change-log", store, Store::confirmed);
  }

  @Produces
  @Singleton
  @Readiness
  static AsyncHealthCheck writable(Instance<Store> store) {
    return check("disk", store, Store::writable);
  }

  /// Quarkus gathers the checks before the start: they must not open the store.
  private static StoreCheck check(
      String name, Instance<Store> store, Function<Store, Uni<?>> look) {
    return new StoreCheck(name, Uni.createFrom().deferred(() -> look.apply(store.get())));
  }

  @Produces
  @ApplicationScoped
  static KeyStore keyStore(Store store) {
    return store.keys();
  }

  @Produces
  @Singleton
  static JdbcNonceUses nonceUses(Store store, NonceLimit limit) {
    return store.nonceUses(limit);
  }

  @Produces
  @ApplicationScoped
  static Usages usages(Store store) {
    return store.usages();
  }

  @Produces
  @ApplicationScoped
  static Keyring keyring(Store store, NonceUses nonceUses, Usages usages, KeyringLimit limit) {
    return new Keyring(
        store.keys(),
        store.storeKeys(),
        nonceUses,
        usages,
        Infrastructure.getDefaultWorkerPool(),
        limit);
  }

  static void close(@Disposes Keyring keyring) {
    keyring.close();
  }

  @Produces
  @ApplicationScoped
  static KeyLifecycle keyLifecycle(
      Store store, Keyring keyring, Usages usages, RecentUse recentUse, Clock clock) {
    return new KeyLifecycle(
        store.keys(),
        store.storeKeys(),
        keyring,
        usages,
        recentUse,
        Infrastructure.getDefaultWorkerPool(),
        clock);
  }
}
