package dev.keyservice.testing;

import dev.keyservice.config.GivenConfig;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.rpc.LimitSettings;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.ServerLimits;
import dev.keyservice.transport.ServerSettings;
import java.util.Map;

/// Limits as the service reads them.
public final class TestLimits {
  private TestLimits() {}

  /// Those that hold when nothing is set.
  public static ServerLimits byDefault() {
    return with(Map.of());
  }

  /// A port of loopback, any that is free, with them.
  public static ServerSettings settings() {
    return new ServerSettings(new ListenAddress("127.0.0.1", 0), byDefault());
  }

  /// Those with these properties set.
  public static ServerLimits with(Map<String, String> properties) {
    return LimitSettings.read(config(properties));
  }

  /// All settings, with these properties set.
  public static KeyServiceConfig config(Map<String, String> properties) {
    return GivenConfig.read(properties, Map.of());
  }
}
