package dev.keyservice.key;

import static dev.keyservice.failure.Failure.invalid;

import java.util.regex.Pattern;

/// The name of a key: `keyRings/{ring}/cryptoKeys/{key}`, or `ring/key` for short. Names are ASCII,
/// so their order is the same in Java and in every database collation by bytes.
public record CryptoKeyName(String ring, String key) {
  private static final Pattern RESOURCE = Pattern.compile("keyRings/([^/]*)/cryptoKeys/([^/]*)");

  public CryptoKeyName {
    if (!KeyRingName.ID.matcher(ring).matches()) {
      throw invalid("ring", "must be " + KeyRingName.ID_SYNTAX);
    }
    if (!KeyRingName.ID.matcher(key).matches()) {
      throw invalid("key", "must be " + KeyRingName.ID_SYNTAX);
    }
  }

  /// Reads a resource name.
  ///
  /// @param field the request field that holds it, for the error
  public static CryptoKeyName parse(String field, String resource) {
    var parts = RESOURCE.matcher(resource);
    if (!parts.matches()
        || !KeyRingName.ID.matcher(parts.group(1)).matches()
        || !KeyRingName.ID.matcher(parts.group(2)).matches()) {
      throw invalid(
          field,
          "must be keyRings/{ring}/cryptoKeys/{key}; a ring and a key are "
              + KeyRingName.ID_SYNTAX);
    }
    return new CryptoKeyName(parts.group(1), parts.group(2));
  }

  /// The name of a key in a ring.
  ///
  /// @param field the request field that holds the key's ID, for the error
  public static CryptoKeyName in(KeyRingName ring, String field, String id) {
    if (!KeyRingName.ID.matcher(id).matches()) {
      throw invalid(field, "must be " + KeyRingName.ID_SYNTAX);
    }
    return new CryptoKeyName(ring.ring(), id);
  }

  /// The ring that holds the key.
  public KeyRingName ringName() {
    return new KeyRingName(ring);
  }

  /// The name of one of its versions.
  public CryptoKeyVersionName version(int number) {
    return new CryptoKeyVersionName(this, number);
  }

  /// The resource name.
  public String resource() {
    return "keyRings/" + ring + "/cryptoKeys/" + key;
  }

  /// The short form that the CLI and the policy file use.
  public String path() {
    return ring + "/" + key;
  }
}
