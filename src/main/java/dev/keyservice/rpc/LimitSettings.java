package dev.keyservice.rpc;

import dev.keyservice.call.Rate;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.key.KeyringLimit;
import dev.keyservice.key.NonceLimit;
import dev.keyservice.key.RecentUse;
import dev.keyservice.transport.ServerLimits;
import dev.keyservice.transport.SettingText;
import java.time.Duration;
import java.util.Optional;

/// Reads the limits from their settings.
public final class LimitSettings {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration TEN_YEARS = Duration.ofDays(3_650);
  private static final int MOST = 1_000_000;

  private LimitSettings() {}

  /// Reads those of the port.
  ///
  /// @throws SettingRefused naming the first that is out of its bounds
  public static ServerLimits read(KeyServiceConfig config) {
    var limits = config.limits();
    return new ServerLimits(
        // Below the least of these some request of the API would not fit.
        bytes(Setting.LIMITS_MESSAGE_SIZE, limits.messageSize(), 1152 << 10, 16 << 20),
        bytes(Setting.LIMITS_METADATA_SIZE, limits.metadataSize(), 2 << 10, 1 << 20),
        number(Setting.LIMITS_CONNECTIONS, limits.connections()),
        number(Setting.LIMITS_CONNECTIONS_PER_ADDRESS, limits.connectionsPerAddress()),
        number(Setting.LIMITS_CALLS_PER_CONNECTION, limits.callsPerConnection()),
        duration(Setting.LIMITS_HANDSHAKE_TIMEOUT, limits.handshakeTimeout(), SECOND),
        duration(Setting.LIMITS_IDLE_TIMEOUT, limits.idleTimeout(), SECOND),
        duration(Setting.LIMITS_CONNECTION_AGE, limits.connectionAge(), SECOND),
        duration(Setting.LIMITS_CONNECTION_AGE_GRACE, limits.connectionAgeGrace(), Duration.ZERO),
        ServerLimits.KEEP_ALIVE,
        ServerLimits.KEEP_ALIVE_TIMEOUT,
        duration(Setting.LIMITS_PING_INTERVAL, limits.pingInterval(), SECOND),
        number(Setting.LIMITS_RESETS, limits.resets()),
        duration(Setting.LIMITS_RESET_WINDOW, limits.resetWindow(), SECOND),
        ServerLimits.MINIMUM_TIME,
        duration(Setting.DRAIN_TIMEOUT, config.drain().timeout(), Duration.ZERO));
  }

  /// How many calls a caller may make for whom the policy lays down nothing.
  ///
  /// @throws SettingRefused when it is no rate
  static Rate callsPerCaller(KeyServiceConfig config) {
    return rate(Setting.LIMITS_CALLS_PER_CALLER, config.limits().callsPerCaller());
  }

  /// How many tokens of one address may be refused.
  ///
  /// @throws SettingRefused when it is no rate
  static Rate refusedTokens(KeyServiceConfig config) {
    return rate(Setting.LIMITS_REFUSED_TOKENS, config.limits().refusedTokens());
  }

  /// How often a version encrypts whose algorithm has a limit.
  ///
  /// @throws SettingRefused when it is out of its bounds
  static NonceLimit nonceUses(KeyServiceConfig config) {
    var setting = Setting.LIMITS_NONCE_USES;
    return new NonceLimit(
        SettingText.largeNumber(
            setting.variable(),
            setting.orDefault(config.limits().nonceUses()),
            NonceLimit.LEAST,
            NonceLimit.MOST));
  }

  /// How many keys and versions are held in memory.
  ///
  /// @throws SettingRefused when it is out of its bounds
  static KeyringLimit keyring(KeyServiceConfig config) {
    var setting = Setting.LIMITS_KEYRING;
    var text = setting.orDefault(config.limits().keyring());
    return new KeyringLimit(
        SettingText.number(setting.variable(), text, KeyringLimit.LEAST, KeyringLimit.MOST));
  }

  /// Which uses keep a version from being destroyed.
  ///
  /// @throws SettingRefused when it is no duration of at most ten years
  static RecentUse recentUse(KeyServiceConfig config) {
    var setting = Setting.KEYS_RECENT_USE;
    var text = setting.orDefault(config.keys().recentUse());
    return new RecentUse(SettingText.duration(setting.variable(), text, Duration.ZERO, TEN_YEARS));
  }

  private static Rate rate(Setting setting, Optional<String> value) {
    var text = setting.orDefault(value);
    return Rate.parse(text)
        .orElseThrow(() ->
            new SettingRefused(
                setting.variable(), "'" + text + "' is no rate; give " + Rate.SYNTAX));
  }

  private static int bytes(Setting setting, Optional<String> value, int least, int most) {
    return SettingText.bytes(setting.variable(), setting.orDefault(value), least, most);
  }

  private static int number(Setting setting, Optional<String> value) {
    return SettingText.number(setting.variable(), setting.orDefault(value), 1, MOST);
  }

  private static Duration duration(Setting setting, Optional<String> value, Duration least) {
    return SettingText.duration(setting.variable(), setting.orDefault(value), least, DAY);
  }
}
