package dev.keyservice.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/// The settings of a service as whoever does not start Quarkus has them.
public final class GivenConfig {
  private static final int OF_PROPERTIES = 400;
  private static final int OF_VARIABLES = 300;

  private GivenConfig() {}

  /// Reads them. Names that nobody knows are for [StartupChecks] to refuse.
  ///
  /// @param properties which win over the variables
  public static KeyServiceConfig read(
      Map<String, String> properties, Map<String, String> variables) {
    return new SmallRyeConfigBuilder()
        .withMapping(KeyServiceConfig.class)
        .withMappingIgnore("keyservice.**")
        .withSources(
            new PropertiesConfigSource(properties, "properties", OF_PROPERTIES),
            new EnvConfigSource(variables, OF_VARIABLES))
        .build()
        .getConfigMapping(KeyServiceConfig.class);
  }
}
