package dev.keyservice.token;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// Where the keys of an issuer come from: a JWK Set (RFC 7517 §5).
sealed interface KeySource {
  /// A file, which is watched.
  record InFile(Path file) implements KeySource {}

  /// A server, which is asked every so often.
  ///
  /// @param ca authorities that may sign its certificate, in PEM; empty for those of the system
  record OverHttps(URI uri, Optional<Path> ca) implements KeySource {}
}
