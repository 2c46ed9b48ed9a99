package dev.keyservice.key;

import static dev.keyservice.failure.Failure.invalid;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The name of a key version: `keyRings/{ring}/cryptoKeys/{key}/cryptoKeyVersions/{n}`, n from 1.
public record CryptoKeyVersionName(CryptoKeyName key, int version) {
  private static final String INFIX = "/cryptoKeyVersions/";

  /// Without a sign or leading zeros, so that a version has one name; nine digits fit an int.
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

  public CryptoKeyVersionName {
    if (version < 1) {
      throw invalid("version", "must be 1 or more");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CryptoKeyVersionName name
        && version == name.version
        && key.equals(name.key);
  }

  @Override
  public int hashCode() {
    return 31 * key.hashCode() + version;
  }

  /// Whether a resource name means a version and not a key.
  public static boolean names(String resource) {
    return infix(resource) >= 0;
  }

  /// Where the name of the key ends; negative when no version is named. Rings and keys may be
  /// called `cryptoKeyVersions`, too.
  private static int infix(String resource) {
    var at = resource.lastIndexOf(INFIX);
    return at > resource.indexOf(CryptoKeyName.INFIX) ? at : -1;
  }

  /// The key of which a resource name speaks, be it that of the key or of a version.
  ///
  /// @param field the request field that holds it, for the error
  public static CryptoKeyName keyOf(String field, String resource) {
    return names(resource) ? parse(field, resource).key() : CryptoKeyName.parse(field, resource);
  }

  /// Reads a resource name.
  ///
  /// @param field the request field that holds it, for the error
  public static CryptoKeyVersionName parse(String field, String resource) {
    var at = infix(resource);
    var number = at < 0 ? "" : resource.substring(at + INFIX.length());
    if (!NUMBER.matcher(number).matches()) {
      throw invalid(
          field,
          "must be keyRings/{ring}/cryptoKeys/{key}/cryptoKeyVersions/{n} with n from 1 to"
              + " 999999999");
    }
    var key = CryptoKeyName.parse(field, resource.substring(0, at));
    return new CryptoKeyVersionName(key, Integer.parseInt(number));
  }

  /// The resource name.
  public String resource() {
    return key.resource() + INFIX + version;
  }
}
