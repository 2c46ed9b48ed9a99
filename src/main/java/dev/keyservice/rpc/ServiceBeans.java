package dev.keyservice.rpc;

import dev.keyservice.access.Access;
import dev.keyservice.audit.AuditKeyPair;
import dev.keyservice.audit.AuditLog;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.identity.AddressLimits;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeySchedule;
import dev.keyservice.key.KeyringLimit;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.NonceUses;
import dev.keyservice.key.RecentUse;
import dev.keyservice.limit.CallerLimits;
import dev.keyservice.root.FileRootKeys;
import dev.keyservice.store.Store;
import dev.keyservice.transport.ServerSettings;
import io.github.bucket4j.TimeMeter;
import io.quarkus.runtime.configuration.ConfigUtils;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/// Hands the settings to the rooms that know nothing of configuration.
final class ServiceBeans {
  @Produces
  @Singleton
  static ServerSettings settings(KeyServiceConfig config) {
    // Here and not later in the start: the port is not opened with settings that are refused.
    ServiceSettings.requireLimits(config);
    return ServiceSettings.port(config, ConfigUtils.getProfiles());
  }

  @Produces
  @Singleton
  static FileRootKeys rootKeys(KeyServiceConfig config) {
    return ServiceSettings.rootKeys(config);
  }

  static void close(@Disposes FileRootKeys rootKeys) {
    rootKeys.close();
  }

  @Produces
  @Singleton
  static AddressLimits refusedTokens(KeyServiceConfig config) {
    return new AddressLimits(LimitSettings.refusedTokens(config), TimeMeter.SYSTEM_NANOTIME);
  }

  @Produces
  @Singleton
  static CallerLimits callerLimits(KeyServiceConfig config, Access access) {
    return new CallerLimits(
        access::rates, LimitSettings.callsPerCaller(config), TimeMeter.SYSTEM_NANOTIME);
  }

  @Produces
  @Singleton
  static NonceLimit nonceLimit(KeyServiceConfig config) {
    return LimitSettings.nonceUses(config);
  }

  @Produces
  @Singleton
  static KeyringLimit keyringLimit(KeyServiceConfig config) {
    return LimitSettings.keyring(config);
  }

  @Produces
  @Singleton
  static RecentUse recentUse(KeyServiceConfig config) {
    return LimitSettings.recentUse(config);
  }

  /// From the store: its changes, and the key that signs.
  @Produces
  @Singleton
  static AuditLog auditLog(KeyServiceConfig config, Store store, Clock clock) {
    var keys = store.auditKeys();
    return AuditLog.open(
        Setting.AUDIT_DIR.variable(),
        ServiceSettings.audit(config),
        AuditKeyPair.of(keys.privateKey(), keys.publicKey()),
        new StoreChanges(store),
        clock);
  }

  static void close(@Disposes AuditLog log) {
    log.close();
  }

  @Produces
  @Singleton
  static KeySchedule schedule(
      Store store, NonceUses nonceUses, KeyLifecycle lifecycle, Clock clock) {
    return new KeySchedule(store.dueWork(), nonceUses, lifecycle, clock, System::nanoTime);
  }

  @Produces
  @Singleton
  static ScheduleRunner scheduleRunner(KeySchedule schedule) {
    return new ScheduleRunner(schedule);
  }

  static void close(@Disposes ScheduleRunner runner) {
    runner.close();
  }

  @Produces
  @Singleton
  static Clock clock() {
    return Clock.systemUTC();
  }
}
