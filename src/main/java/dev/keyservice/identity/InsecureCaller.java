package dev.keyservice.identity;

import java.time.Instant;
import java.util.Optional;

/// Anyone on this machine, who has proved nothing: a caller of a service without TLS, for
/// development.
public record InsecureCaller() implements Caller {
  /// As every such caller is known.
  public static final String ID = "insecure:local";

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String commonName() {
    return "";
  }

  @Override
  public Optional<Instant> expiry() {
    return Optional.empty();
  }

  @Override
  public Optional<CertificateCaller> certificate() {
    return Optional.empty();
  }
}
