package dev.keyservice.identity;

import io.grpc.Metadata;
import java.util.Optional;
import java.util.regex.Pattern;

/// The `authorization` of a call (RFC 6750 §2.1).
final class BearerHeader {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /// The scheme has no case (RFC 9110 §11.1).
  private static final Pattern BEARER = Pattern.compile("(?i:bearer) +([A-Za-z0-9._~+/=-]+)");

  private static final int LONGEST = 8 << 10;

  private BearerHeader() {}

  /// Whether the call has any, of whatever scheme.
  static boolean isIn(Metadata headers) {
    return headers.containsKey(AUTHORIZATION);
  }

  /// The token; empty when there is not exactly one value, or it is too long or of another scheme.
  static Optional<String> token(Metadata headers) {
    var values = headers.getAll(AUTHORIZATION);
    if (values == null) {
      return Optional.empty();
    }
    var each = values.iterator();
    var value = each.next();
    if (each.hasNext() || value.length() > LONGEST) {
      return Optional.empty();
    }
    var bearer = BEARER.matcher(value);
    return bearer.matches() ? Optional.of(bearer.group(1)) : Optional.empty();
  }

  /// Only these headers, to look at them again.
  static Metadata only(Metadata headers) {
    var kept = new Metadata();
    var values = headers.getAll(AUTHORIZATION);
    if (values != null) {
      values.forEach(value -> kept.put(AUTHORIZATION, value));
    }
    return kept;
  }
}
