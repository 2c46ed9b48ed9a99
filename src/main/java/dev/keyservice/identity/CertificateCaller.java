package dev.keyservice.identity;

import java.time.Instant;
import java.util.Optional;

/// A caller that proved who it is with a client certificate.
///
/// @param notAfter the end of the certificate
/// @param thumbprint base64url of its SHA-256, as a token names it that is bound to it (RFC 8705
///   §3.1)
public record CertificateCaller(String id, String commonName, Instant notAfter, String thumbprint)
    implements Caller {
  @Override
  public Optional<Instant> expiry() {
    return Optional.of(notAfter);
  }

  @Override
  public Optional<CertificateCaller> certificate() {
    return Optional.of(this);
  }
}
