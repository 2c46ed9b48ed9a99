package dev.keyservice.transport;

import java.time.Instant;

/// What one snapshot of TLS material makes of the other side's certificate.
sealed interface Verdict {
  /// Believed, until something of it runs out.
  ///
  /// @param until the first end among the certificates of the path and the lists they are looked up
  ///   in; afterwards it is to be judged again
  record Trusted(Instant until) implements Verdict {}

  /// Not believed, or no longer.
  ///
  /// @param why for the other side to read; says nothing about the path
  record Refused(String why) implements Verdict {}
}
