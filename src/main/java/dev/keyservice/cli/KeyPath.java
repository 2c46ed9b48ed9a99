package dev.keyservice.cli;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.TypeConversionException;

/// A key or one of its versions as it is typed: `RING/KEY` or `RING/KEY/VERSION`.
///
/// @param version counts from 1; none means the key
record KeyPath(String ring, String key, @Nullable Integer version) {
  private static final String ID = "[a-zA-Z0-9_-]{1,63}";
  private static final String ID_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_' and '-'";
  private static final Pattern SYNTAX =
      Pattern.compile("(" + ID + ")/(" + ID + ")(?:/([1-9][0-9]{0,9}))?");
  private static final Pattern RING = Pattern.compile(ID);

  /// Reads the key or version of a command.
  static KeyPath parse(String text) {
    var parts = SYNTAX.matcher(text);
    if (!parts.matches() || !isVersion(parts.group(3))) {
      throw new TypeConversionException(
          "'"
              + text
              + "' is not RING/KEY or RING/KEY/VERSION: a ring and a key are "
              + ID_SYNTAX
              + ", versions count from 1");
    }
    var version = parts.group(3) == null ? null : Integer.valueOf(parts.group(3));
    return new KeyPath(parts.group(1), parts.group(2), version);
  }

  /// Shortens a resource name of the API for people; what is none stays as it is.
  static String shortened(String resource) {
    return resource
        .replaceFirst("^keyRings/", "")
        .replaceFirst("/cryptoKeys/", "/")
        .replaceFirst("/cryptoKeyVersions/", "/");
  }

  private static boolean isVersion(@Nullable String number) {
    return number == null || Long.parseLong(number) <= Integer.MAX_VALUE;
  }

  /// The key, for commands to which a version means nothing.
  KeyPath keyOnly() {
    if (version != null) {
      throw new UsageError("give RING/KEY without a version: " + ring + "/" + key);
    }
    return this;
  }

  /// The version, for commands that must be told one.
  KeyPath versionOnly() {
    if (version == null) {
      throw new UsageError("give RING/KEY/VERSION, such as " + ring + "/" + key + "/1");
    }
    return this;
  }

  String ringResource() {
    return "keyRings/" + ring;
  }

  /// The resource name of the key.
  String keyResource() {
    return ringResource() + "/cryptoKeys/" + key;
  }

  /// The resource name of the key or the version.
  String resource() {
    var name = keyResource();
    return version == null ? name : name + "/cryptoKeyVersions/" + version;
  }

  /// A ring as it is typed.
  record Ring(String name) {
    static Ring parse(String text) {
      if (!RING.matcher(text).matches()) {
        throw new TypeConversionException("'" + text + "' is not a RING: " + ID_SYNTAX);
      }
      return new Ring(text);
    }

    String resource() {
      return "keyRings/" + name;
    }
  }
}
