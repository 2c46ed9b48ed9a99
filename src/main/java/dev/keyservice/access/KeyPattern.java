package dev.keyservice.access;

import dev.keyservice.key.CryptoKeyName;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Keys by their names: `ring/key`, where `*` stands for any characters but `/`.
///
/// @param ring matches the whole ring
/// @param key matches the whole key
record KeyPattern(Part ring, Part key) {
  private static final Pattern SYNTAX =
      Pattern.compile("[a-zA-Z0-9_*-]{1,63}/[a-zA-Z0-9_*-]{1,63}");

  /// Reads `ring/key`; empty when that is not what it is.
  static Optional<KeyPattern> parse(String text) {
    if (!SYNTAX.matcher(text).matches()) {
      return Optional.empty();
    }
    var slash = text.indexOf('/');
    return Optional.of(
        new KeyPattern(Part.of(text.substring(0, slash)), Part.of(text.substring(slash + 1))));
  }

  boolean matches(CryptoKeyName name) {
    return ring.matches(name.ring()) && key.matches(name.key());
  }

  /// As it is written.
  @Override
  public String toString() {
    return ring.text() + "/" + key.text();
  }

  /// One side of the slash. The two common cases cost a comparison at most.
  sealed interface Part {
    boolean matches(String name);

    /// As it is written.
    String text();

    static Part of(String text) {
      if (text.equals("*")) {
        return new Any();
      }
      if (text.indexOf('*') < 0) {
        return new Exactly(text);
      }
      return new Like(List.of(text.split("\\*+", -1)));
    }

    record Any() implements Part {
      @Override
      public boolean matches(String name) {
        return true;
      }

      @Override
      public String text() {
        return "*";
      }
    }

    record Exactly(String text) implements Part {
      @Override
      public boolean matches(String name) {
        return text.equals(name);
      }
    }

    /// What stands between the stars, in order. Each is looked for once, from where the one before
    /// ended: no name, which callers choose, makes this go back and try again.
    record Like(List<String> parts) implements Part {
      @Override
      public boolean matches(String name) {
        var last = parts.getLast();
        if (!name.startsWith(parts.getFirst()) || !name.endsWith(last)) {
          return false;
        }
        var at = parts.getFirst().length();
        for (var part : parts.subList(1, parts.size() - 1)) {
          var found = name.indexOf(part, at);
          if (found < 0) {
            return false;
          }
          at = found + part.length();
        }
        return at + last.length() <= name.length();
      }

      @Override
      public String text() {
        return String.join("*", parts);
      }
    }
  }
}
