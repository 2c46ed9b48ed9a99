package dev.keyservice.access;

import dev.keyservice.config.YamlFile;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.Vouching;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

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

  /// What a binding or a role can be called.
  static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,63}");

  /// The same in words, for messages.
  static final String NAME_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'";

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
                  names.refused(
                      "there is no permission '" + name + "'; known are " + Permission.known())));
    }
    return Set.copyOf(permissions);
  }
}
