package dev.keyservice.access;

import dev.keyservice.config.YamlFile;
import dev.keyservice.identity.Vouching;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads `trust`: which certificate authority may vouch for what.
///
/// @param directory that of the policy file, from where the certificates are looked for
record TrustRules(Path directory) {
  /// A trust domain (SPIFFE-ID §2.1).
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9._-]{1,255}");

  /// The files of the certificates, whatever is in them.
  List<Path> files(YamlFile.Value trust) {
    return trust.list().stream().map(TrustRules::fields).map(this::file).distinct().toList();
  }

  /// The rules.
  ///
  /// @throws dev.keyservice.failure.SettingRefused when one is not understood
  Vouching read(YamlFile.Value trust) {
    var rules = new ArrayList<Vouching.Rule>();
    for (var entry : trust.list()) {
      rules.add(rule(entry));
    }
    return new Vouching(rules);
  }

  private static YamlFile.Fields fields(YamlFile.Value entry) {
    return entry.fields(Set.of("ca", "spiffe", "cn"));
  }

  private Vouching.Rule rule(YamlFile.Value entry) {
    var fields = fields(entry);
    List<String> domains = fields.orDefault("spiffe", value -> List.of(domain(value)), List.of());
    var commonNames = fields.orDefault("cn", YamlFile.Value::flag, false);
    if (domains.isEmpty() && !commonNames) {
      throw entry.refused("vouches for nothing; give it 'spiffe' or 'cn: true'");
    }
    var authority = new AuthorityFile(fields.required("ca"), file(fields)).read();
    return new Vouching.Rule(authority, domains, commonNames);
  }

  private static String domain(YamlFile.Value value) {
    if (!DOMAIN.matcher(value.text()).matches()) {
      throw value.refused(
          "must be a trust domain, without 'spiffe://': a-z, 0-9, '.', '_' and '-'");
    }
    return value.text();
  }

  private Path file(YamlFile.Fields fields) {
    var ca = fields.required("ca");
    try {
      return directory.resolve(ca.text());
    } catch (InvalidPathException e) {
      throw ca.refused("is not the name of a file");
    }
  }
}
