package dev.keyservice.token;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whose tokens are accepted, and which of them.
///
/// @param issuer the exact `iss`; without `#`
/// @param source where its keys are
/// @param algorithms none but these are verified
/// @param audiences one of these must be in `aud`
/// @param types one of these must be the `typ`, in lower case and without `application/`;
///   [#NO_TYPE] for tokens that have none
/// @param maxAge how long after its `iat` a token is accepted
/// @param maxLifetime how far `exp` may be from `iat`
/// @param skew by how much the issuer's clock may differ, at most 5 s
/// @param refresh how often its keys are asked for
/// @param requireConfirmation whether a token must be bound to the caller's certificate
/// @param groupsClaim the claim with the groups of the subject
record TokenIssuer(
    String issuer,
    KeySource source,
    Set<TokenAlgorithm> algorithms,
    Set<String> audiences,
    Set<String> types,
    Duration maxAge,
    Duration maxLifetime,
    Duration skew,
    Duration refresh,
    boolean requireConfirmation,
    String groupsClaim) {
  /// Stands for a header without `typ`.
  static final String NO_TYPE = "none";

  private static final String MEDIA = "application/";

  TokenIssuer {
    algorithms = Set.copyOf(algorithms);
    audiences = Set.copyOf(audiences);
    types = Set.copyOf(types);
  }

  /// Whether this is the `typ` of a token of this issuer. Media types have no case, and their
  /// prefix may be left out (RFC 7515 §4.1.9).
  boolean accepts(@Nullable String typ) {
    return types.contains(typ == null ? NO_TYPE : canonical(typ));
  }

  static String canonical(String typ) {
    var lower = typ.toLowerCase(Locale.ROOT);
    return lower.startsWith(MEDIA) ? lower.substring(MEDIA.length()) : lower;
  }

  String[] algorithmIdentifiers() {
    return algorithms.stream().map(TokenAlgorithm::identifier).toArray(String[]::new);
  }
}
