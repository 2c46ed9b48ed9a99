package dev.keyservice.token;

import dev.keyservice.config.Setting;
import dev.keyservice.config.YamlFile;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.SettingText;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads the file that says whose tokens are accepted. What it does not know, it refuses by its
/// place in the file.
///
/// ```yaml
/// issuers:
///   - issuer: https://idp.example
///     jwks: https://idp.example/jwks.json   # or a file beside this one
///     ca: idp-ca.pem                        # of that https; default: the system's authorities
///     algorithms: [ES256]                   # of RS256, PS256, ES256, EdDSA
///     audience: [keyservice]
///     type: [at+jwt]                        # 'none' for tokens without a typ
///     max-age: 24h
///     max-lifetime: 24h
///     skew: 5s
///     refresh: 5m
///     require-cnf: false
///     groups-claim: groups
/// ```
public final class IssuersFile {
  private static final Set<String> FIELDS =
      Set.of(
          "issuer",
          "jwks",
          "ca",
          "algorithms",
          "audience",
          "type",
          "max-age",
          "max-lifetime",
          "skew",
          "refresh",
          "require-cnf",
          "groups-claim");

  /// No `#`, which ends it in the id of a caller.
  private static final Pattern ISSUER = Pattern.compile("[\\x21-\\x7e&&[^#]]{1,255}");

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration MOST_SKEW = Duration.ofSeconds(5);
  private static final Duration LEAST = Duration.ofSeconds(1);

  private final Path directory;

  private IssuersFile(Path directory) {
    this.directory = directory;
  }

  /// Reads the issuers.
  ///
  /// @throws SettingRefused when the file cannot be read or holds anything that is not understood
  static List<TokenIssuer> load(Path file) {
    var parent = file.toAbsolutePath().getParent();
    var document = YamlFile.read(Setting.ISSUERS_FILE.variable(), file, "docs/tokens.md shows one");
    return new IssuersFile(parent == null ? file : parent).issuers(document);
  }

  /// Looks at a file of issuers without asking any of them for its keys.
  ///
  /// @throws SettingRefused when it cannot be read or holds anything that is not understood
  public static void check(Path file) {
    var _ = load(file);
  }

  private List<TokenIssuer> issuers(YamlFile.Value document) {
    var issuers = new ArrayList<TokenIssuer>();
    var names = new HashSet<String>();
    for (var entry : document.fields(Set.of("issuers")).required("issuers").list()) {
      var fields = entry.fields(FIELDS);
      var issuer = issuer(fields);
      if (!names.add(issuer.issuer())) {
        throw fields.required("issuer").refused("is there twice");
      }
      issuers.add(issuer);
    }
    return List.copyOf(issuers);
  }

  private TokenIssuer issuer(YamlFile.Fields fields) {
    return new TokenIssuer(
        name(fields.required("issuer")),
        source(fields),
        algorithms(fields.required("algorithms")),
        Set.copyOf(fields.required("audience").texts()),
        types(fields.required("type")),
        duration(fields, "max-age", DAY, LEAST, DAY.multipliedBy(366)),
        duration(fields, "max-lifetime", DAY, LEAST, DAY.multipliedBy(366)),
        duration(fields, "skew", MOST_SKEW, Duration.ZERO, MOST_SKEW),
        duration(fields, "refresh", Duration.ofMinutes(5), LEAST, DAY),
        fields.orDefault("require-cnf", YamlFile.Value::flag, false),
        fields.orDefault("groups-claim", YamlFile.Value::text, "groups"));
  }

  private static String name(YamlFile.Value value) {
    if (!ISSUER.matcher(value.text()).matches()) {
      throw value.refused("must be 1 to 255 printable ASCII characters without space and '#'");
    }
    return value.text();
  }

  private KeySource source(YamlFile.Fields fields) {
    var jwks = fields.required("jwks");
    var ca = fields.optional("ca");
    if (!jwks.text().contains("://")) {
      if (ca.isPresent()) {
        throw ca.get().refused("is for keys that come over https");
      }
      return new KeySource.InFile(file(jwks));
    }
    return new KeySource.OverHttps(https(jwks), ca.map(this::file));
  }

  private Path file(YamlFile.Value value) {
    try {
      return directory.resolve(value.text());
    } catch (InvalidPathException e) {
      throw value.refused("is not the name of a file");
    }
  }

  private static URI https(YamlFile.Value value) {
    var uri = uri(value);
    if (uri.filter(IssuersFile::isHttps).isEmpty()) {
      throw value.refused("must be a file or an https URL without user or fragment");
    }
    return uri.get();
  }

  private static Optional<URI> uri(YamlFile.Value value) {
    try {
      return Optional.of(URI.create(value.text()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isHttps(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme())
        && uri.getHost() != null
        && uri.getUserInfo() == null
        && uri.getFragment() == null;
  }

  private static Set<TokenAlgorithm> algorithms(YamlFile.Value value) {
    var algorithms = EnumSet.noneOf(TokenAlgorithm.class);
    for (var entry : value.list()) {
      algorithms.add(
          TokenAlgorithm.named(entry.text())
              .orElseThrow(() -> entry.refused("must be one of RS256, PS256, ES256, EdDSA")));
    }
    return algorithms;
  }

  private static Set<String> types(YamlFile.Value value) {
    return value.texts().stream().map(TokenIssuer::canonical).collect(Collectors.toSet());
  }

  private static Duration duration(
      YamlFile.Fields fields, String name, Duration byDefault, Duration least, Duration most) {
    return fields
        .optional(name)
        .map(value -> SettingText.duration(value.setting(), value.text(), least, most))
        .orElse(byDefault);
  }
}
