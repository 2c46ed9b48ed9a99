package dev.keyservice.access;

import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One of the names by which a binding can mean a caller. Names of different kinds are never equal,
/// whatever they are made of: a token's subject that reads `cn:app` is not the certificate of app.
public sealed interface CallerName {
  /// What the text of a name has to be, for messages.
  String SYNTAX = "cn:NAME or spiffe://DOMAIN/PATH";

  /// A caller that proved who it is with a certificate alone, or anyone of a service without TLS.
  ///
  /// @param id `cn:…`, `spiffe://…` or `insecure:local`
  record Named(String id) implements CallerName {
    private static final Pattern ID =
        Pattern.compile("cn:.+|spiffe://[^/]+/.+|" + Pattern.quote(InsecureCaller.ID));

    /// Reads an id; empty when that is not what it is.
    static Optional<Named> parse(String text) {
      return ID.matcher(text).matches() && isReadable(text)
          ? Optional.of(new Named(text))
          : Optional.empty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Named named && id.equals(named.id);
    }

    @Override
    public int hashCode() {
      return id.hashCode();
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /// The subject of an issuer's tokens.
  record Subject(String issuer, String subject) implements CallerName {
    private static final Pattern ID = Pattern.compile("token:([^#]+)#(.+)");

    /// Reads the id of such a caller, `token:ISSUER#SUBJECT`.
    static Optional<Subject> parse(String id) {
      var parts = ID.matcher(id);
      return parts.matches() && isIssuer(parts.group(1)) && isReadable(id)
          ? Optional.of(new Subject(parts.group(1), parts.group(2)))
          : Optional.empty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Subject named
          && issuer.equals(named.issuer)
          && subject.equals(named.subject);
    }

    @Override
    public int hashCode() {
      return 31 * issuer.hashCode() + subject.hashCode();
    }

    @Override
    public String toString() {
      return TokenCaller.id(issuer, subject);
    }
  }

  /// Whoever an issuer says belongs to a group.
  record Group(String issuer, String group) implements CallerName {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Group named
          && issuer.equals(named.issuer)
          && group.equals(named.group);
    }

    @Override
    public int hashCode() {
      return 31 * issuer.hashCode() + group.hashCode();
    }

    @Override
    public String toString() {
      return "group:" + issuer + "#" + group;
    }
  }

  /// Whether a text can be an issuer: the `#` ends it where a caller's id is written.
  static boolean isIssuer(String text) {
    return text.codePoints()
        .noneMatch(c -> c == '#' || Character.isISOControl(c) || Character.isWhitespace(c));
  }

  /// Whether a text has no control characters.
  static boolean isReadable(String text) {
    return text.codePoints().noneMatch(Character::isISOControl);
  }
}
