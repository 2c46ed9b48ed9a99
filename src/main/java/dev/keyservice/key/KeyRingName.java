package dev.keyservice.key;

import static dev.keyservice.failure.Failure.invalid;

import java.util.regex.Pattern;

/// The name of a ring, the namespace of its keys: `keyRings/{ring}`.
public record KeyRingName(String ring) implements Comparable<KeyRingName> {
  static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]{1,63}");
  static final String ID_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_' and '-'";

  private static final Pattern RESOURCE = Pattern.compile("keyRings/([^/]*)");

  public KeyRingName {
    if (!ID.matcher(ring).matches()) {
      throw invalid("ring", "must be " + ID_SYNTAX);
    }
  }

  /// Reads a resource name.
  ///
  /// @param field the request field that holds it, for the error
  public static KeyRingName parse(String field, String resource) {
    var parts = RESOURCE.matcher(resource);
    if (!parts.matches() || !ID.matcher(parts.group(1)).matches()) {
      throw invalid(field, "must be keyRings/{ring}; a ring is " + ID_SYNTAX);
    }
    return new KeyRingName(parts.group(1));
  }

  /// Whether a text can be the last part of the name of a ring or of a key.
  public static boolean isValid(String id) {
    return ID.matcher(id).matches();
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
