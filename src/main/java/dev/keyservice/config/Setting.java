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
  POLICY_FILE("keyservice.policy-file", "policy.yaml");

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
