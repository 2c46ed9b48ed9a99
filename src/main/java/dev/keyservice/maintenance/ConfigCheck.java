package dev.keyservice.maintenance;

import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.StartupChecks;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.rpc.ServiceSettings;
import dev.keyservice.token.IssuersFile;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.TlsMaterialLoader;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Looks at the settings of a service as its start does, and goes on where that would end.
///
/// They are taken or refused by the code that the service starts with. What only a start can find
/// out is left out: whether the port is free, the store and the audit log can be opened, and the
/// issuers of tokens can be asked.
public final class ConfigCheck {
  private static final int OF_PROPERTIES = 400;
  private static final int OF_VARIABLES = 300;

  private final Map<String, String> properties;
  private final Map<String, String> variables;
  private final List<String> profiles;
  private final Clock clock;
  private final List<String> problems = new ArrayList<>();

  /// A check of these settings.
  ///
  /// @param properties which win over the variables
  /// @param profiles of Quarkus
  /// @param clock by which certificates are current or not
  public ConfigCheck(
      Map<String, String> properties,
      Map<String, String> variables,
      List<String> profiles,
      Clock clock) {
    this.properties = properties;
    this.variables = variables;
    this.profiles = profiles;
    this.clock = clock;
  }

  /// What the service would refuse, each beginning with the setting at fault; of each part of the
  /// settings the first.
  public List<String> problems() {
    problems.clear();
    look(() -> StartupChecks.refuseUnknownSettings(properties.keySet(), variables.keySet()));
    var config = config();
    look(() -> {
      if (ServiceSettings.port(config, profiles).security() instanceof PortSecurity.Tls) {
        look(() -> lookAtTls(config));
      }
    });
    look(() -> ServiceSettings.requireLimits(config));
    look(() -> ServiceSettings.rootKeys(config).close());
    look(() -> {
      var _ = AccessPolicyFile.load(ServiceSettings.policyFile(config));
    });
    look(() -> config.issuersFile().ifPresent(IssuersFile::check));
    look(() -> {
      var _ = ServiceSettings.audit(config);
    });
    return List.copyOf(problems);
  }

  private void lookAtTls(KeyServiceConfig config) {
    var times = ServiceSettings.tlsTimes(config);
    var _ = new TlsMaterialLoader(clock, times.crlGrace()).load(ServiceSettings.tlsFiles(config));
  }

  private void look(Runnable part) {
    try {
      part.run();
    } catch (SettingRefused e) {
      problems.add(e.getMessage());
    }
  }

  private KeyServiceConfig config() {
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
