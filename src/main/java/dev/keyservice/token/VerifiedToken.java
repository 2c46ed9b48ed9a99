package dev.keyservice.token;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// What a token says, whose signature and claims have been checked.
///
/// @param issuer `iss`
/// @param subject `sub`
/// @param groups the groups that its issuer says the subject is in
/// @param end until when it is accepted: its `exp`, or the end of its greatest age, and the skew
/// @param confirmation `cnf.x5t#S256`: base64url of the SHA-256 of the certificate to which it is
///   bound (RFC 8705 §3.1); empty when it is bound to none
public record VerifiedToken(
    String issuer, String subject, Set<String> groups, Instant end, Optional<String> confirmation) {
  public VerifiedToken {
    groups = Set.copyOf(groups);
  }
}
