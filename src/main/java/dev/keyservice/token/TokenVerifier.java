package dev.keyservice.token;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;

/// Verifies tokens of one issuer: the signature, by an algorithm that the issuer is pinned to, and
/// then every claim that says what the token is good for (RFC 8725 §3). Nothing that the token says
/// about its own key is used.
final class TokenVerifier {
  /// They say where the key is, or that more than RFC 7515 must be understood.
  private static final List<String> REFUSED_HEADERS =
      List.of("jwk", "jku", "x5u", "x5c", "crit", "b64");

  /// Whatever goes into a log or an answer.
  private static final Pattern READABLE = Pattern.compile("[^\\p{C}\\p{Zl}\\p{Zp}]*");

  private static final int LONGEST_SUBJECT = 255;

  private static final String CONFIRMATION = "cnf";
  private static final String THUMBPRINT = "x5t#S256";

  private final TokenIssuer issuer;
  private final Clock clock;

  TokenVerifier(TokenIssuer issuer, Clock clock) {
    this.issuer = issuer;
    this.clock = clock;
  }

  /// Refuses a token for what it says of itself, before any key is looked for.
  void refuseHeaders(JsonWebSignature token) {
    for (var header : REFUSED_HEADERS) {
      if (token.getHeaders().getObjectHeaderValue(header) != null) {
        throw new TokenRefused("the token has the header " + header);
      }
    }
    if (TokenAlgorithm.named(token.getAlgorithmHeaderValue())
        .filter(issuer.algorithms()::contains)
        .isEmpty()) {
      throw new TokenRefused("the token's algorithm is not one of its issuer's");
    }
    if (!issuer.accepts(token.getHeader("typ"))) {
      throw new TokenRefused("the token's type is not one of its issuer's");
    }
  }

  /// Verifies a token with the key of its issuer that can have signed it.
  ///
  /// @throws TokenRefused when it is not accepted
  VerifiedToken verify(String token, JsonWebKey key) {
    try {
      return verified(consumer(key).processToClaims(token));
    } catch (InvalidJwtException e) {
      throw new TokenRefused(words(e));
    } catch (MalformedClaimException | ArithmeticException | DateTimeException e) {
      throw new TokenRefused("a claim of the token is malformed");
    }
  }

  private JwtConsumer consumer(JsonWebKey key) {
    return new JwtConsumerBuilder()
        .setVerificationKey(key.getKey())
        .setJwsAlgorithmConstraints(ConstraintType.PERMIT, issuer.algorithmIdentifiers())
        .setExpectedIssuer(true, issuer.issuer())
        .setExpectedAudience(true, issuer.audiences().toArray(String[]::new))
        .setRequireSubject()
        .setRequireIssuedAt()
        .setRequireExpirationTime()
        .setEvaluationTime(NumericDate.fromMilliseconds(clock.millis()))
        .setAllowedClockSkewInSeconds(Math.toIntExact(issuer.skew().toSeconds()))
        .setIssuedAtRestrictions(0, Math.toIntExact(issuer.maxAge().toSeconds()))
        .build();
  }

  private static String words(InvalidJwtException refusal) {
    for (var error : refusal.getErrorDetails()) {
      var words =
          switch (error.getErrorCode()) {
            case ErrorCodes.SIGNATURE_INVALID, ErrorCodes.SIGNATURE_MISSING ->
                "the token's signature is not that of its issuer";
            case ErrorCodes.EXPIRED -> "the token has expired";
            case ErrorCodes.EXPIRATION_MISSING -> "the token never expires";
            case ErrorCodes.NOT_YET_VALID, ErrorCodes.ISSUED_AT_INVALID_FUTURE ->
                "the token is not valid yet";
            case ErrorCodes.ISSUED_AT_INVALID_PAST -> "the token is too old";
            case ErrorCodes.ISSUED_AT_MISSING -> "the token does not say when it was issued";
            case ErrorCodes.AUDIENCE_MISSING, ErrorCodes.AUDIENCE_INVALID ->
                "the token is not for this service";
            case ErrorCodes.SUBJECT_MISSING, ErrorCodes.SUBJECT_INVALID ->
                "the token does not say who its subject is";
            default -> "";
          };
      if (!words.isEmpty()) {
        return words;
      }
    }
    return "the token is malformed";
  }

  private VerifiedToken verified(JwtClaims claims) throws MalformedClaimException {
    var issued = instant(claims.getIssuedAt());
    var expires = instant(claims.getExpirationTime());
    if (Duration.between(issued, expires).compareTo(issuer.maxLifetime()) > 0) {
      throw new TokenRefused("the token is valid for too long");
    }
    var subject = claims.getSubject();
    if (subject.isEmpty() || subject.length() > LONGEST_SUBJECT || !isReadable(subject)) {
      throw new TokenRefused("the token's subject is too long or has unreadable characters");
    }
    var oldest = issued.plus(issuer.maxAge());
    return new VerifiedToken(
        issuer.issuer(),
        subject,
        groups(claims),
        (expires.isBefore(oldest) ? expires : oldest).plus(issuer.skew()),
        confirmation(claims));
  }

  /// Whole seconds; a fraction ends it sooner.
  private static Instant instant(NumericDate date) {
    return Instant.ofEpochSecond(date.getValue());
  }

  private static boolean isReadable(Object claim) {
    return claim instanceof String text && READABLE.matcher(text).matches();
  }

  private Set<String> groups(JwtClaims claims) {
    return switch (claims.getClaimValue(issuer.groupsClaim())) {
      case null -> Set.of();
      case String group when isReadable(group) -> Set.of(group);
      case List<?> list when list.stream().allMatch(TokenVerifier::isReadable) ->
          Set.copyOf(list.stream().map(String.class::cast).toList());
      default -> throw new TokenRefused("the token's groups are no list of readable text");
    };
  }

  /// A token that is bound to something else than a certificate (RFC 7800 §3) is refused: whether
  /// its bearer has that cannot be seen here.
  private Optional<String> confirmation(JwtClaims claims) {
    var confirmation = claims.getClaimValue(CONFIRMATION);
    if (confirmation == null) {
      if (issuer.requireConfirmation()) {
        throw new TokenRefused("the token is not bound to a certificate");
      }
      return Optional.empty();
    }
    if (confirmation instanceof Map<?, ?> members
        && members.size() == 1
        && members.get(THUMBPRINT) instanceof String thumbprint) {
      return Optional.of(thumbprint);
    }
    throw new TokenRefused("the token is bound to something else than a certificate");
  }
}
