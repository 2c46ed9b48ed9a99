package dev.keyservice.config;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/// The settings of the service, as they are set; an empty value is none. [Setting] has every name
/// and what holds when it is not set.
@ConfigMapping(prefix = "keyservice")
public interface KeyServiceConfig {

  /// Address and port of the gRPC listener, such as `0.0.0.0:8443`.
  Optional<String> listen();

  /// The service's side of TLS.
  Tls tls();

  /// Where keys are kept.
  Store store();

  /// What opens the store.
  RootKeys rootKeys();

  /// The access policy, a YAML file.
  Optional<Path> policyFile();

  /// Whose bearer tokens are accepted, a YAML file.
  Optional<Path> issuersFile();

  /// What happened, recorded.
  Audit audit();

  /// How keys are treated.
  Keys keys();

  /// What one connection or call may take.
  Limits limits();

  /// The end of the service.
  Drain drain();

  /// Whether there is TLS, whom it lets in, and the files, in PEM.
  interface Tls {
    /// Whether there is TLS: `true`, or for development `false`.
    Optional<String> enabled();

    /// Whether a client must have a certificate: `required` or `optional`.
    Optional<String> clientAuth();

    /// Authorities that may sign client certificates.
    Optional<Path> caFile();

    /// The service's certificate, followed by its intermediates.
    Optional<Path> certFile();

    /// The private key of that certificate.
    Optional<Path> keyFile();

    /// Revocation lists of those authorities.
    Optional<Path> crlFile();

    /// How long a revocation list counts after its nextUpdate, such as `12h`.
    Optional<String> crlGrace();

    /// How often the files are looked at when their directories tell nothing, such as `10s`.
    Optional<String> pollInterval();
  }

  /// How keys are treated.
  interface Keys {
    /// Within which time a use keeps a version from being destroyed, such as `30d`.
    Optional<String> recentUse();
  }

  /// Sizes such as `1536KiB`, durations such as `10s`, or numbers; [Setting] says of what.
  interface Limits {
    /// How many calls a caller may make, such as `100/s burst 200`.
    Optional<String> callsPerCaller();

    /// How many tokens from one address may be refused.
    Optional<String> refusedTokens();

    /// How often a version encrypts whose algorithm has a limit.
    Optional<String> nonceUses();

    /// How many keys and versions are held in memory.
    Optional<String> keyring();

    /// The largest message.
    Optional<String> messageSize();

    /// The largest metadata of a call.
    Optional<String> metadataSize();

    /// Connections in all.
    Optional<String> connections();

    /// Connections from one address.
    Optional<String> connectionsPerAddress();

    /// Calls in progress on one connection.
    Optional<String> callsPerConnection();

    /// How long TLS may take.
    Optional<String> handshakeTimeout();

    /// How long a connection without a call is kept.
    Optional<String> idleTimeout();

    /// How long any connection is kept.
    Optional<String> connectionAge();

    /// How long calls may go on after that.
    Optional<String> connectionAgeGrace();

    /// The shortest time between two pings of a client.
    Optional<String> pingInterval();

    /// How many calls a client may reset within the window.
    Optional<String> resets();

    /// The window of `resets`.
    Optional<String> resetWindow();
  }

  /// The audit log.
  interface Audit {
    /// The directory of its files; made when it is missing.
    Optional<Path> dir();

    /// Which records are on the disk before the answer leaves: `mutations` or `always`.
    Optional<String> sync();

    /// After which a file is followed by the next, such as `64MiB`.
    Optional<String> fileSize();

    /// The revision of an older store that was restored on purpose.
    Optional<String> restoredRevision();
  }

  /// How the service ends.
  interface Drain {
    /// How long calls in progress may go on.
    Optional<String> timeout();
  }

  /// The SQLite database.
  interface Store {
    /// The database file; its directory is made when it is missing.
    Optional<Path> path();
  }

  /// The root keys, kept apart from the database.
  interface RootKeys {
    /// A directory with one `<id>.key` of 32 raw bytes for each root key.
    Optional<Path> dir();

    /// The ID of the root key that wraps.
    Optional<String> active();
  }
}
