package dev.keyservice.identity;

import java.time.Instant;
import java.util.Optional;

/// A caller that proved who it is with a client certificate.
///
/// @param notAfter the end of the certificate
public record CertificateCaller(String id, String commonName, Instant notAfter) implements Caller {
  @Override
  public Optional<Instant> expiry() {
    return Optional.of(notAfter);
  }

  @Override
  public Optional<CertificateCaller> certificate() {
    return Optional.of(this);
  }
}
