package dev.keyservice.key;

import static dev.keyservice.failure.Failure.invalid;

/// The name of a ring, the namespace of its keys: `keyRings/{ring}`.
public record KeyRingName(String ring) implements Comparable<KeyRingName> {
  static final String ID_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_' and '-'";

  static final String PREFIX = "keyRings/";
  private static final int LONGEST = 63;

  public KeyRingName {
    if (!isValid(ring)) {
      throw invalid("ring", "must be " + ID_SYNTAX);
    }
  }

  /// Reads a resource name.
  ///
  /// @param field the request field that holds it, for the error
  public static KeyRingName parse(String field, String resource) {
    var ring = resource.startsWith(PREFIX) ? resource.substring(PREFIX.length()) : "";
    if (!isValid(ring)) {
      throw invalid(field, "must be keyRings/{ring}; a ring is " + ID_SYNTAX);
    }
    return new KeyRingName(ring);
  }

  /// Whether a text can be the last part of the name of a ring or of a key. Every call asks this of
  /// its key more than once, so it is no regular expression.
  public static boolean isValid(String id) {
    if (id.isEmpty() || id.length() > LONGEST) {
      return false;
    }
    for (var i = 0; i < id.length(); i++) {
      if (!isAllowed(id.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  /// The resource name.
  public String resource() {
    return "keyRings/" + ring;
  }

  @Override
  public int compareTo(KeyRingName other) {
    return ring.compareTo(other.ring);
  }
}
