package dev.keyservice.maintenance;

import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.config.GivenConfig;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.StartupChecks;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.rpc.ServiceSettings;
import dev.keyservice.token.IssuersFile;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.TlsMaterialLoader;
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
  private final Map<String, String> properties;
  private final Map<String, String> variables;
  private final List<String> profiles;
  private final Clock clock;

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
    var problems = new ArrayList<String>();
    look(
        problems,
        () -> StartupChecks.refuseUnknownSettings(properties.keySet(), variables.keySet()));
    var config = GivenConfig.read(properties, variables);
    look(
        problems,
        () -> {
          if (ServiceSettings.port(config, profiles).security() instanceof PortSecurity.Tls) {
            lookAtTls(config);
          }
        });
    look(problems, () -> ServiceSettings.requireLimits(config));
    look(problems, () -> ServiceSettings.rootKeys(config).close());
    look(
        problems,
        () -> {
          var _ = AccessPolicyFile.load(ServiceSettings.policyFile(config));
        });
    look(problems, () -> config.issuersFile().ifPresent(IssuersFile::check));
    look(
        problems,
        () -> {
          var _ = ServiceSettings.audit(config);
        });
    return problems;
  }

  private static void look(List<String> problems, Runnable part) {
    try {
      part.run();
    } catch (SettingRefused e) {
      problems.add(e.getMessage());
    }
  }

  private void lookAtTls(KeyServiceConfig config) {
    var times = ServiceSettings.tlsTimes(config);
    var _ = new TlsMaterialLoader(clock, times.crlGrace()).load(ServiceSettings.tlsFiles(config));
  }
}
