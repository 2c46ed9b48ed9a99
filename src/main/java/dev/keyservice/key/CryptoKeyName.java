package dev.keyservice.key;

import static dev.keyservice.failure.Failure.invalid;

import org.jspecify.annotations.Nullable;

/// The name of a key: `keyRings/{ring}/cryptoKeys/{key}`, or `ring/key` for short. Names are ASCII,
/// so their order is the same in Java and in every database collation by bytes.
public record CryptoKeyName(String ring, String key) {
  static final String INFIX = "/cryptoKeys/";

  public CryptoKeyName {
    if (!KeyRingName.isValid(ring)) {
      throw invalid("ring", "must be " + KeyRingName.ID_SYNTAX);
    }
    if (!KeyRingName.isValid(key)) {
      throw invalid("key", "must be " + KeyRingName.ID_SYNTAX);
    }
  }

  /// Reads a resource name.
  ///
  /// @param field the request field that holds it, for the error
  public static CryptoKeyName parse(String field, String resource) {
    var begin = KeyRingName.PREFIX.length();
    var end = resource.startsWith(KeyRingName.PREFIX) ? resource.indexOf('/', begin) : -1;
    var isKey = end >= 0 && resource.startsWith(INFIX, end);
    var ring = isKey ? resource.substring(begin, end) : "";
    var key = isKey ? resource.substring(end + INFIX.length()) : "";
    if (!KeyRingName.isValid(ring) || !KeyRingName.isValid(key)) {
      throw invalid(
          field,
          "must be keyRings/{ring}/cryptoKeys/{key}; a ring and a key are "
              + KeyRingName.ID_SYNTAX);
    }
    return new CryptoKeyName(ring, key);
  }

  /// The name of a key in a ring.
  ///
  /// @param field the request field that holds the key's ID, for the error
  public static CryptoKeyName in(KeyRingName ring, String field, String id) {
    if (!KeyRingName.isValid(id)) {
      throw invalid(field, "must be " + KeyRingName.ID_SYNTAX);
    }
    return new CryptoKeyName(ring.ring(), id);
  }

  /// Written out, as of every record by which calls look something up: what the compiler makes of a
  /// record, a native executable interprets, at 10 µs each time.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CryptoKeyName name && ring.equals(name.ring) && key.equals(name.key);
  }

  @Override
  public int hashCode() {
    return 31 * ring.hashCode() + key.hashCode();
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
