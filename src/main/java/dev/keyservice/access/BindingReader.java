package dev.keyservice.access;

import dev.keyservice.call.Rate;
import dev.keyservice.config.YamlFile;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Reads one entry of `bindings`.
///
/// @param roles what each role grants
record BindingReader(Map<String, Set<Permission>> roles) {
  Binding read(YamlFile.Value entry) {
    var fields = entry.fields(Set.of("name", "callers", "roles", "keys", "limits", "require"));
    return new Binding(
        name(fields.required("name")),
        fields.required("callers").list().stream().map(BindingReader::caller).toList(),
        granted(fields.required("roles")),
        fields.required("keys").list().stream().map(BindingReader::keys).toList(),
        fields.orDefault(
            "limits",
            limits -> limits.list().stream().map(BindingReader::rate).toList(),
            List.of()),
        fields.orDefault("require", BindingReader::certificate, false));
  }

  private static String name(YamlFile.Value value) {
    if (!AccessPolicyFile.NAME.matcher(value.text()).matches()) {
      throw value.refused("must be " + AccessPolicyFile.NAME_SYNTAX);
    }
    return value.text();
  }

  private static CallerName caller(YamlFile.Value value) {
    if (value.isMapping()) {
      return tokenCaller(value);
    }
    return CallerName.Named.parse(value.text())
        .orElseThrow(() ->
            value.refused(
                "'"
                    + value.text()
                    + "' must be "
                    + CallerName.SYNTAX
                    + ", or {issuer, subject} or {issuer, group} of a token"));
  }

  private static CallerName tokenCaller(YamlFile.Value value) {
    var fields = value.fields(Set.of("issuer", "subject", "group"));
    var issuer = fields.required("issuer");
    if (!CallerName.isIssuer(issuer.text())) {
      throw issuer.refused("must have no '#', no space and no control character");
    }
    var subject = fields.optional("subject").map(BindingReader::readable);
    var group = fields.optional("group").map(BindingReader::readable);
    if (subject.isPresent() == group.isPresent()) {
      throw value.refused("must have either 'subject' or 'group' beside the issuer");
    }
    return subject
        .<CallerName>map(sub -> new CallerName.Subject(issuer.text(), sub))
        .orElseGet(() -> new CallerName.Group(issuer.text(), group.orElseThrow()));
  }

  private static String readable(YamlFile.Value value) {
    if (!CallerName.isReadable(value.text())) {
      throw value.refused("must have no control character");
    }
    return value.text();
  }

  private Set<Permission> granted(YamlFile.Value names) {
    var permissions = EnumSet.noneOf(Permission.class);
    for (var name : names.texts()) {
      var granted = roles.get(name);
      if (granted == null) {
        throw names.refused(
            "there is no role '"
                + name
                + "'; known are "
                + roles.keySet().stream().sorted().collect(Collectors.joining(", ")));
      }
      permissions.addAll(granted);
    }
    return permissions;
  }

  private static KeyPattern keys(YamlFile.Value value) {
    return KeyPattern.parse(value.text())
        .orElseThrow(
            () -> value.refused("'" + value.text() + "' must be RING/KEY; '*' stops at '/'"));
  }

  private static Rate rate(YamlFile.Value value) {
    return Rate.parse(value.text()).orElseThrow(() -> value.refused("must be " + Rate.SYNTAX));
  }

  private static boolean certificate(YamlFile.Value words) {
    for (var word : words.list()) {
      if (!word.text().equals("certificate")) {
        throw word.refused("there is nothing to require but 'certificate'");
      }
    }
    return true;
  }
}
