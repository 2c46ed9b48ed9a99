package dev.keyservice.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Every setting of server, client and CLI by name. What is not here is refused.
public enum Setting {
  /// Where the service listens.
  LISTEN("keyservice.listen", "0.0.0.0:8443"),
  /// Where the client finds the service.
  ADDRESS("keyservice.address", "localhost:8443"),
  /// Whether there is TLS.
  TLS_ENABLED("keyservice.tls.enabled", "true"),
  /// Whether a client must have a certificate to get a connection to the service.
  TLS_CLIENT_AUTH("keyservice.tls.client-auth", "required"),
  /// Authorities that vouch for the other side.
  TLS_CA_FILE("keyservice.tls.ca-file", null),
  /// One's own certificate.
  TLS_CERT_FILE("keyservice.tls.cert-file", null),
  /// The key of one's own certificate.
  TLS_KEY_FILE("keyservice.tls.key-file", null),
  /// Revocation lists of those authorities.
  TLS_CRL_FILE("keyservice.tls.crl-file", null),
  /// How long a revocation list counts after its nextUpdate.
  TLS_CRL_GRACE("keyservice.tls.crl-grace", "0s"),
  /// How often the TLS files are looked at when their directories tell nothing.
  TLS_POLL_INTERVAL("keyservice.tls.poll-interval", "10s"),
  /// The name that the client expects in the service's certificate.
  TLS_SERVER_NAME("keyservice.tls.server-name", null),
  /// The bearer token that the client sends.
  TOKEN_FILE("keyservice.token-file", null),
  /// The database file.
  STORE_PATH("keyservice.store.path", "data/keyservice.db"),
  /// The directory of the root keys.
  ROOT_KEYS_DIR("keyservice.root-keys.dir", "root-keys"),
  /// The root key that wraps.
  ROOT_KEYS_ACTIVE("keyservice.root-keys.active", null),
  /// The access policy.
  POLICY_FILE("keyservice.policy-file", "policy.yaml"),
  /// Whose bearer tokens are accepted.
  ISSUERS_FILE("keyservice.issuers-file", null),
  /// The directory of the audit log.
  AUDIT_DIR("keyservice.audit.dir", "audit"),
  /// Which records are on the disk before the answer leaves.
  AUDIT_SYNC("keyservice.audit.sync", "mutations"),
  /// After which a file of the audit log is followed by the next.
  AUDIT_FILE_SIZE("keyservice.audit.file-size", "64MiB"),
  /// The revision of an older store that was restored on purpose.
  AUDIT_RESTORED_REVISION("keyservice.audit.restored-revision", null),
  /// Within which time a use keeps a version from being destroyed.
  KEYS_RECENT_USE("keyservice.keys.recent-use", "30d"),
  /// How many calls a caller may make whom no binding gives limits of its own.
  LIMITS_CALLS_PER_CALLER("keyservice.limits.calls-per-caller", "20000/s burst 40000"),
  /// How many tokens from one address may be refused before no other is looked at.
  LIMITS_REFUSED_TOKENS("keyservice.limits.refused-tokens", "20/s burst 100"),
  /// How often a version encrypts whose algorithm has a limit.
  LIMITS_NONCE_USES("keyservice.limits.nonce-uses", "4294967296"),
  /// The largest message of a request.
  LIMITS_MESSAGE_SIZE("keyservice.limits.message-size", "1536KiB"),
  /// All metadata of a call together.
  LIMITS_METADATA_SIZE("keyservice.limits.metadata-size", "16KiB"),
  /// Connections of all clients together.
  LIMITS_CONNECTIONS("keyservice.limits.connections", "4096"),
  /// Connections from one address.
  LIMITS_CONNECTIONS_PER_ADDRESS("keyservice.limits.connections-per-address", "1024"),
  /// Calls in progress on one connection.
  LIMITS_CALLS_PER_CONNECTION("keyservice.limits.calls-per-connection", "200"),
  /// How long a connection may take until TLS and HTTP/2 are agreed on.
  LIMITS_HANDSHAKE_TIMEOUT("keyservice.limits.handshake-timeout", "10s"),
  /// How long a connection without a call is kept.
  LIMITS_IDLE_TIMEOUT("keyservice.limits.idle-timeout", "15m"),
  /// How long any connection is kept, a tenth more or less.
  LIMITS_CONNECTION_AGE("keyservice.limits.connection-age", "30m"),
  /// How long calls may go on after that.
  LIMITS_CONNECTION_AGE_GRACE("keyservice.limits.connection-age-grace", "30s"),
  /// The shortest time between two pings of a client.
  LIMITS_PING_INTERVAL("keyservice.limits.ping-interval", "10s"),
  /// How many calls a client may reset within the window.
  LIMITS_RESETS("keyservice.limits.resets", "200"),
  /// The window in which resets are counted.
  LIMITS_RESET_WINDOW("keyservice.limits.reset-window", "30s"),
  /// How long calls in progress may go on when the service is told to end.
  DRAIN_TIMEOUT("keyservice.drain.timeout", "20s");

  private final String property;
  private final Optional<String> byDefault;

  Setting(String property, @Nullable String byDefault) {
    this.property = property;
    this.byDefault = Optional.ofNullable(byDefault);
  }

  /// The name in a properties file or after `-D`.
  public String property() {
    return property;
  }

  /// The name of the environment variable.
  public String variable() {
    return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /// The value when it is not set.
  public Optional<String> byDefault() {
    return byDefault;
  }

  /// The value when it is not set, of a setting that has one.
  public String orDefault(Optional<?> value) {
    return value.map(Object::toString).or(() -> byDefault).orElseThrow();
  }

  static boolean isProperty(String name) {
    return Arrays.stream(values()).anyMatch(setting -> setting.property.equals(name));
  }

  static boolean isVariable(String name) {
    return Arrays.stream(values()).anyMatch(setting -> setting.variable().equals(name));
  }
}
