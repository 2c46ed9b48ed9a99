package dev.keyservice.access;

import dev.keyservice.call.Rate;
import dev.keyservice.config.YamlFile;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.Vouching;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads a policy file. Whatever it does not know, it refuses by its place in the file: a policy
/// that is misread grants something that nobody wrote.
///
/// ```yaml
/// roles:                        # own roles beside the built-in ones
///   writer: [keys.create, crypto.encrypt]
/// trust:                        # which authority may vouch for what
///   - {ca: prod-ca.pem, spiffe: prod.example, cn: false}
/// bindings:
///   - name: payments-service    # unique
///     callers: ["cn:payments", {issuer: "https://idp.example", group: pay}]
///     roles: [encrypter, decrypter]
///     keys: ["payments/*"]      # ring/key, '*' stops at '/'
///     limits: [100/s]           # on all calls of each of these callers
///     require: [certificate]    # a token alone is not enough
/// ```
public final class AccessPolicyFile {
  private static final String SETTING = "KEYSERVICE_POLICY_FILE";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,63}");
  private static final String NAME_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'";

  private final Path file;
  private final List<Path> authorities = new ArrayList<>();

  AccessPolicyFile(Path file) {
    this.file = file;
  }

  /// Reads the policy.
  ///
  /// @throws SettingRefused when the file, or one that it names, cannot be read or holds anything
  ///   that is not understood
  public static AccessPolicy load(Path file) {
    return new AccessPolicyFile(file).load();
  }

  /// Reads the policy; [#files] then tells what it depends on, even if it is refused.
  AccessPolicy load() {
    var root =
        YamlFile.read(SETTING, file, "`keyservice init --admin cn:NAME` writes a first policy")
            .fields(Set.of("roles", "trust", "bindings"));
    var roles = roles(root.optional("roles"));
    var vouching = root.orDefault("trust", this::vouching, Vouching.unrestricted());
    var bindings = new ArrayList<Binding>();
    var names = new HashSet<String>();
    for (var entry : root.required("bindings").list()) {
      var binding = new BindingReader(roles).read(entry);
      if (!names.add(binding.name())) {
        throw entry.refused("the name '" + binding.name() + "' is used twice");
      }
      bindings.add(binding);
    }
    return new AccessPolicy(bindings, vouching);
  }

  /// The policy file and those that it names.
  List<Path> files() {
    var files = new ArrayList<Path>();
    files.add(file);
    files.addAll(authorities);
    return List.copyOf(files);
  }

  private Vouching vouching(YamlFile.Value trust) {
    var directory = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has one");
    var rules = new TrustRules(directory);
    authorities.addAll(rules.files(trust));
    return rules.read(trust);
  }

  private static Map<String, Set<Permission>> roles(Optional<YamlFile.Value> own) {
    var roles = new HashMap<String, Set<Permission>>();
    for (var role : BuiltInRole.values()) {
      roles.put(role.roleName(), role.permissions());
    }
    own.map(YamlFile.Value::mapping)
        .orElse(Map.of())
        .forEach((name, permissions) -> {
          if (!NAME.matcher(name).matches()) {
            throw permissions.refused("a role's name is " + NAME_SYNTAX);
          }
          if (roles.putIfAbsent(name, permissions(permissions)) != null) {
            throw permissions.refused("is the name of a built-in role");
          }
        });
    return Map.copyOf(roles);
  }

  private static Set<Permission> permissions(YamlFile.Value names) {
    var permissions = EnumSet.noneOf(Permission.class);
    for (var name : names.texts()) {
      permissions.add(
          Permission.named(name)
              .orElseThrow(() ->
                  names.refused("there is no permission '" + name + "'; known are " + known())));
    }
    return Set.copyOf(permissions);
  }

  private static String known() {
    return Arrays.stream(Permission.values())
        .map(Permission::permissionName)
        .collect(Collectors.joining(", "));
  }

  /// Reads one binding.
  ///
  /// @param roles what each role grants
  private record BindingReader(Map<String, Set<Permission>> roles) {
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
      if (!NAME.matcher(value.text()).matches()) {
        throw value.refused("must be " + NAME_SYNTAX);
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
}
