package dev.keyservice.token;

import java.util.List;
import java.util.regex.Pattern;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.lang.JoseException;

/// Reads a token before any of it is believed.
final class TokenText {
  /// Three parts, JWS Compact Serialization (RFC 7515 §7.1). An encrypted token has five, and never
  /// comes to the code that would decrypt it.
  private static final Pattern COMPACT =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*");

  /// The headers that are looked at and are text; jose4j takes that for granted.
  private static final List<String> TEXT_HEADERS =
      List.of("alg", "kid", "typ", "cty", "x5t", "x5t#S256");

  private TokenText() {}

  /// Takes a token apart.
  ///
  /// @throws TokenRefused when it is malformed
  static JsonWebSignature parse(String token) {
    if (!COMPACT.matcher(token).matches()) {
      throw malformed();
    }
    try {
      var parsed = new JsonWebSignature();
      parsed.setCompactSerialization(token);
      requireText(parsed);
      return parsed;
    } catch (JoseException | RuntimeException | StackOverflowError e) {
      throw malformed();
    }
  }

  private static void requireText(JsonWebSignature token) {
    for (var header : TEXT_HEADERS) {
      var value = token.getHeaders().getObjectHeaderValue(header);
      if (value != null && !(value instanceof String)) {
        throw malformed();
      }
    }
  }

  /// Not believed yet: it only says whose keys are to be tried.
  static String claimedIssuer(JsonWebSignature token) {
    try {
      var issuer = JwtClaims.parse(token.getUnverifiedPayload()).getIssuer();
      return issuer == null ? "" : issuer;
    } catch (InvalidJwtException
        | MalformedClaimException
        | RuntimeException
        | StackOverflowError e) {
      throw malformed();
    }
  }

  private static TokenRefused malformed() {
    return new TokenRefused("the token is malformed");
  }
}
