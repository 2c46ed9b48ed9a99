package dev.keyservice.transport;

import java.util.Locale;

/// Why a connection came to nothing: the closed set by which these are counted.
public enum ConnectionRefusal {
  /// There were as many as the service takes.
  TOO_MANY,
  /// There were as many from its address as the service takes.
  TOO_MANY_OF_ADDRESS,
  /// It ended before TLS and HTTP/2 were agreed on: nothing was sent in time, what was sent was
  /// neither, or one side did not believe the other's certificate.
  HANDSHAKE,
  /// It sent frames that no client of gRPC sends, or too many that do nothing.
  FLOOD;

  /// As metrics spell it: `too_many`.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
