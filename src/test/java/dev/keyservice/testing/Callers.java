package dev.keyservice.testing;

import dev.keyservice.identity.Caller;
import dev.keyservice.identity.CertificateCaller;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// Callers as the AUTHENTICATION stage would have made them.
public final class Callers {
  private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");

  private Callers() {}

  /// Known by its certificate, or anyone of a service without TLS.
  public static Caller of(String id) {
    return id.equals(InsecureCaller.ID) ? new InsecureCaller() : certificate(id);
  }

  /// Known by a token over a connection without a certificate.
  public static TokenCaller token(String issuer, String subject, String... groups) {
    return new TokenCaller(issuer, subject, Set.of(groups), LATER, Optional.empty());
  }

  /// The same caller over a connection with a certificate.
  public static TokenCaller beside(String certificateId, TokenCaller token) {
    return new TokenCaller(
        token.issuer(),
        token.subject(),
        token.groups(),
        token.tokenEnd(),
        Optional.of(certificate(certificateId)));
  }

  private static CertificateCaller certificate(String id) {
    return new CertificateCaller(id, "", LATER, "");
  }
}
