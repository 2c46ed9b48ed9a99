package dev.keyservice.identity;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// A caller that proved who it is with a bearer token, whatever certificate it has beside it.
///
/// @param issuer who vouches for it (`iss`, RFC 7519 §4.1.1), one of the configured issuers
/// @param subject whom the issuer means (`sub`); unique within the issuer
/// @param groups what the issuer says it belongs to; means something only together with the issuer
/// @param tokenEnd when the token is not accepted any more
/// @param certificate what the connection proved beside it
public record TokenCaller(
    String issuer,
    String subject,
    Set<String> groups,
    Instant tokenEnd,
    Optional<CertificateCaller> certificate)
    implements Caller {
  private static final String PREFIX = "token:";

  public TokenCaller {
    groups = Set.copyOf(groups);
  }

  /// The id of the subject of an issuer: `token:ISSUER#SUBJECT`. An issuer has no `#`, so no two
  /// callers have the same.
  public static String id(String issuer, String subject) {
    return PREFIX + issuer + "#" + subject;
  }

  @Override
  public String id() {
    return id(issuer, subject);
  }

  /// That of the certificate beside the token.
  @Override
  public String commonName() {
    return certificate.map(CertificateCaller::commonName).orElse("");
  }

  /// Whichever ends first, the token or the certificate beside it.
  @Override
  public Optional<Instant> expiry() {
    return Optional.of(
        certificate
            .map(CertificateCaller::notAfter)
            .filter(notAfter -> notAfter.isBefore(tokenEnd))
            .orElse(tokenEnd));
  }
}
