package dev.keyservice.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Every setting of server, client and CLI by name. What is not here is refused.
public enum Setting {
  LISTEN(
      "keyservice.listen",
      "0.0.0.0:8443",
      Side.SERVICE,
      "where it listens, `host:port`; port 0 takes any that is free"),
  ADDRESS("keyservice.address", "localhost:8443", Side.CLIENT, "where the service is, `host:port`"),
  TLS_ENABLED(
      "keyservice.tls.enabled",
      "true",
      Side.BOTH,
      "`false` is for development: the service then takes it only in Quarkus's profile `dev` and on a loopback address, and every caller is `insecure:local`; a client refuses certificates and a token with it"),
  TLS_CLIENT_AUTH(
      "keyservice.tls.client-auth",
      "required",
      Side.SERVICE,
      "`required` or `optional`: whether a client must have a certificate to get a connection"),
  TLS_CA_FILE(
      "keyservice.tls.ca-file",
      null,
      Side.BOTH,
      "CAs that vouch for the other side; the service requires it, a client believes those of the system without it"),
  TLS_CERT_FILE(
      "keyservice.tls.cert-file",
      null,
      Side.BOTH,
      "one's own certificate, followed by its intermediates; required of the service"),
  TLS_KEY_FILE(
      "keyservice.tls.key-file",
      null,
      Side.BOTH,
      "the private key of one's own certificate; required with it"),
  TLS_CRL_FILE(
      "keyservice.tls.crl-file",
      null,
      Side.BOTH,
      "revocation lists, one for every CA; without it nothing is revoked"),
  TLS_CRL_GRACE(
      "keyservice.tls.crl-grace",
      "0s",
      Side.BOTH,
      "how long a revocation list counts after its nextUpdate"),
  TLS_POLL_INTERVAL(
      "keyservice.tls.poll-interval",
      "10s",
      Side.BOTH,
      "how often these files are looked at when no event told of a change"),
  TLS_SERVER_NAME(
      "keyservice.tls.server-name",
      null,
      Side.CLIENT,
      "the name that the service's certificate must carry, when it is not the host dialled"),
  TOKEN_FILE(
      "keyservice.token-file",
      null,
      Side.CLIENT,
      "a bearer token to send along with every call, over TLS only"),
  STORE_PATH(
      "keyservice.store.path",
      "data/keyservice.db",
      Side.SERVICE,
      "the database; made when it is missing"),
  ROOT_KEYS_DIR(
      "keyservice.root-keys.dir",
      "root-keys",
      Side.SERVICE,
      "directory with one `ID.key` of 32 raw bytes a root key, closed to others"),
  ROOT_KEYS_ACTIVE(
      "keyservice.root-keys.active", null, Side.SERVICE, "ID of the root key that wraps; required"),
  POLICY_FILE("keyservice.policy-file", "policy.yaml", Side.SERVICE, "the access policy"),
  ISSUERS_FILE(
      "keyservice.issuers-file",
      null,
      Side.SERVICE,
      "whose bearer tokens are accepted; without it no token is"),
  AUDIT_DIR(
      "keyservice.audit.dir",
      "audit",
      Side.SERVICE,
      "directory of the audit log; made when it is missing"),
  AUDIT_SYNC(
      "keyservice.audit.sync",
      "mutations",
      Side.SERVICE,
      "which records are on the disk before an answer leaves: `mutations`, those of changes, or `always`"),
  AUDIT_FILE_SIZE(
      "keyservice.audit.file-size",
      "64MiB",
      Side.SERVICE,
      "after which the next file of the audit log begins; at least `64KiB`"),
  AUDIT_RESTORED_REVISION(
      "keyservice.audit.restored-revision",
      null,
      Side.SERVICE,
      "after an older store was restored on purpose: its revision"),
  KEYS_RECENT_USE(
      "keyservice.keys.recent-use",
      "30d",
      Side.SERVICE,
      "a version that was used within this time is destroyed only by force; `0d` switches it off"),
  LIMITS_CALLS_PER_CALLER(
      "keyservice.limits.calls-per-caller",
      "20000/s burst 40000",
      Side.SERVICE,
      "calls of one caller whom no binding gives limits of its own, for each replica by itself"),
  LIMITS_REFUSED_TOKENS(
      "keyservice.limits.refused-tokens",
      "20/s burst 100",
      Side.SERVICE,
      "bearer tokens from one address that may be refused before no new one is looked at"),
  LIMITS_NONCE_USES(
      "keyservice.limits.nonce-uses",
      "4294967296",
      Side.SERVICE,
      "how often a version encrypts whose algorithm has random nonces of 96 bits; at least 1000"),
  LIMITS_KEYRING(
      "keyservice.limits.keyring",
      "10000",
      Side.SERVICE,
      "keys and enabled versions that are held in memory, ready for use; at least 100"),
  LIMITS_MESSAGE_SIZE(
      "keyservice.limits.message-size", "1536KiB", Side.SERVICE, "a request; at least `1152KiB`"),
  LIMITS_METADATA_SIZE(
      "keyservice.limits.metadata-size", "16KiB", Side.SERVICE, "all metadata of a call together"),
  LIMITS_CONNECTIONS(
      "keyservice.limits.connections",
      "4096",
      Side.SERVICE,
      "open connections of all clients together"),
  LIMITS_CONNECTIONS_PER_ADDRESS(
      "keyservice.limits.connections-per-address",
      "1024",
      Side.SERVICE,
      "open connections from one address"),
  LIMITS_CALLS_PER_CONNECTION(
      "keyservice.limits.calls-per-connection",
      "200",
      Side.SERVICE,
      "calls in progress on one connection"),
  LIMITS_HANDSHAKE_TIMEOUT(
      "keyservice.limits.handshake-timeout",
      "10s",
      Side.SERVICE,
      "how long a connection may take until TLS and HTTP/2 are agreed on"),
  LIMITS_IDLE_TIMEOUT(
      "keyservice.limits.idle-timeout",
      "15m",
      Side.SERVICE,
      "how long a connection without a call is kept"),
  LIMITS_CONNECTION_AGE(
      "keyservice.limits.connection-age",
      "30m",
      Side.SERVICE,
      "how long any connection is kept, a tenth more or less"),
  LIMITS_CONNECTION_AGE_GRACE(
      "keyservice.limits.connection-age-grace",
      "30s",
      Side.SERVICE,
      "how long calls may go on after that"),
  LIMITS_PING_INTERVAL(
      "keyservice.limits.ping-interval",
      "10s",
      Side.SERVICE,
      "how soon a ping of a client may follow another"),
  LIMITS_RESETS(
      "keyservice.limits.resets",
      "200",
      Side.SERVICE,
      "calls that a client may reset within the window"),
  LIMITS_RESET_WINDOW(
      "keyservice.limits.reset-window",
      "30s",
      Side.SERVICE,
      "the window in which resets are counted"),
  DRAIN_TIMEOUT(
      "keyservice.drain.timeout",
      "20s",
      Side.SERVICE,
      "how long calls in progress may go on when the service is told to end");

  /// Who reads a setting.
  public enum Side {
    SERVICE,
    /// The client library and the commands.
    CLIENT,
    BOTH
  }

  private final String property;
  private final Optional<String> byDefault;
  private final Side side;
  private final String meaning;

  Setting(String property, @Nullable String byDefault, Side side, String meaning) {
    this.property = property;
    this.byDefault = Optional.ofNullable(byDefault);
    this.side = side;
    this.meaning = meaning;
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

  /// Who reads it.
  public Side side() {
    return side;
  }

  /// What it means, in words without a full stop; code in backticks.
  public String meaning() {
    return meaning;
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
