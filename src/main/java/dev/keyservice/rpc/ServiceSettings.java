package dev.keyservice.rpc;

import dev.keyservice.audit.AuditSettings;
import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.root.FileRootKeys;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.ServerSettings;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsTimes;
import java.nio.file.Path;
import java.util.List;

/// Reads the settings for the rooms that know nothing of configuration. Each method refuses the
/// first setting that is no good, with [SettingRefused].
public final class ServiceSettings {
  private ServiceSettings() {}

  /// Where the port is, what stands between it and whoever connects, and its limits.
  ///
  /// @param profiles of Quarkus
  public static ServerSettings port(KeyServiceConfig config, List<String> profiles) {
    var listen =
        ListenAddress.parse(Setting.LISTEN.variable(), Setting.LISTEN.orDefault(config.listen()));
    var security =
        PortSecurity.parse(
            Setting.TLS_ENABLED.orDefault(config.tls().enabled()),
            Setting.TLS_CLIENT_AUTH.orDefault(config.tls().clientAuth()));
    security.requireAllowed(listen, profiles);
    return new ServerSettings(listen, security, LimitSettings.read(config));
  }

  /// What callers and keys may take.
  public static void requireLimits(KeyServiceConfig config) {
    var _ = LimitSettings.callsPerCaller(config);
    var _ = LimitSettings.refusedTokens(config);
    var _ = LimitSettings.nonceUses(config);
    var _ = LimitSettings.keyring(config);
    var _ = LimitSettings.recentUse(config);
  }

  /// The files of the service's side of TLS.
  public static TlsFiles tlsFiles(KeyServiceConfig config) {
    var tls = config.tls();
    return TlsFiles.ofServer(
            tls.caFile().orElse(null), tls.certFile().orElse(null), tls.keyFile().orElse(null))
        .withRevocationLists(tls.crlFile().orElse(null));
  }

  /// How they are kept up to date.
  public static TlsTimes tlsTimes(KeyServiceConfig config) {
    return TlsTimes.parse(
        Setting.TLS_CRL_GRACE.orDefault(config.tls().crlGrace()),
        Setting.TLS_POLL_INTERVAL.orDefault(config.tls().pollInterval()));
  }

  /// The root keys, read; whoever asks closes them.
  public static FileRootKeys rootKeys(KeyServiceConfig config) {
    var active =
        config
            .rootKeys()
            .active()
            .orElseThrow(() ->
                new SettingRefused(
                    Setting.ROOT_KEYS_ACTIVE.variable(),
                    "is missing; name the root key that wraps, such as the root-1 that"
                        + " `keyservice init` makes"));
    return FileRootKeys.load(
        Path.of(Setting.ROOT_KEYS_DIR.orDefault(config.rootKeys().dir())), active);
  }

  /// The file of the access policy.
  public static Path policyFile(KeyServiceConfig config) {
    return Path.of(Setting.POLICY_FILE.orDefault(config.policyFile()));
  }

  /// How the audit log is kept.
  public static AuditSettings audit(KeyServiceConfig config) {
    return AuditSettingsReader.read(config);
  }
}
