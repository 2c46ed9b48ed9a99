package dev.keyservice.access;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.InsecureCaller;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Reads a policy file. Whatever it does not know, it refuses by its place in the file: a policy
/// that is misread grants something that nobody wrote.
///
/// ```yaml
/// roles:                        # own roles beside the built-in ones
///   writer: [keys.create, crypto.encrypt]
/// bindings:
///   - name: payments-service    # unique
///     callers: ["cn:payments", "spiffe://prod.example/ns/pay/sa/api"]
///     roles: [encrypter, decrypter]
///     keys: ["payments/*"]      # ring/key, '*' stops at '/'
/// ```
public final class AccessPolicyFile {
  private static final String SETTING = "KEYSERVICE_POLICY_FILE";
  private static final int LARGEST = 16 << 20;
  private static final Pattern CALLER =
      Pattern.compile("cn:.+|spiffe://[^/]+/.+|" + Pattern.quote(InsecureCaller.ID));
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,63}");

  private final Path file;

  private AccessPolicyFile(Path file) {
    this.file = file;
  }

  /// Reads the policy.
  ///
  /// @throws SettingRefused when the file cannot be read or holds anything that is not understood
  public static AccessPolicy load(Path file) {
    return new AccessPolicyFile(file).load();
  }

  private AccessPolicy load() {
    var root = mapping("", document());
    only("", root, Set.of("roles", "bindings"));
    var roles = roles(root);
    var bindings = new ArrayList<AccessPolicy.Binding>();
    var names = new HashSet<String>();
    for (var entry : sequence("bindings", root.get("bindings"))) {
      var at = "bindings[" + bindings.size() + "]";
      var binding = binding(at, mapping(at, entry), roles);
      if (!names.add(binding.name())) {
        throw refused(at + ".name", "'" + binding.name() + "' is used twice");
      }
      bindings.add(binding);
    }
    return new AccessPolicy(bindings);
  }

  private Object document() {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setMaxAliasesForCollections(0);
    options.setCodePointLimit(LARGEST);
    try {
      var document = new Yaml(new SafeConstructor(options)).<Object>load(Files.readString(file));
      return document == null ? Map.of() : document;
    } catch (NoSuchFileException e) {
      throw new SettingRefused(
          SETTING,
          file + " does not exist; `keyservice init --admin cn:NAME` writes a first policy");
    } catch (CharacterCodingException e) {
      throw new SettingRefused(SETTING, file + " is not UTF-8 text");
    } catch (IOException e) {
      throw new SettingRefused(SETTING, file + " cannot be read");
    } catch (YAMLException e) {
      throw new SettingRefused(
          SETTING,
          file + " is not valid YAML: " + String.valueOf(e.getMessage()).replace("\n", " "));
    }
  }

  private Map<String, Set<Permission>> roles(Map<String, Object> root) {
    var roles = new HashMap<String, Set<Permission>>();
    for (var role : BuiltInRole.values()) {
      roles.put(role.roleName(), role.permissions());
    }
    for (var own : mapping("roles", root.getOrDefault("roles", Map.of())).entrySet()) {
      var at = "roles." + own.getKey();
      if (!NAME.matcher(own.getKey()).matches()) {
        throw refused(at, "a role's name is 1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'");
      }
      var permissions = EnumSet.noneOf(Permission.class);
      for (var permission : texts(at, own.getValue())) {
        permissions.add(
            Permission.named(permission)
                .orElseThrow(
                    () -> refused(at, "there is no permission '" + permission + "'; " + known())));
      }
      if (roles.putIfAbsent(own.getKey(), Set.copyOf(permissions)) != null) {
        throw refused(at, "is the name of a built-in role");
      }
    }
    return roles;
  }

  private AccessPolicy.Binding binding(
      String at, Map<String, Object> binding, Map<String, Set<Permission>> roles) {
    only(at, binding, Set.of("name", "callers", "roles", "keys"));
    if (!(binding.get("name") instanceof String name) || !NAME.matcher(name).matches()) {
      throw refused(at + ".name", "must be 1 to 63 of a-z, A-Z, 0-9, '_', '.' and '-'");
    }
    var callers = texts(at + ".callers", binding.get("callers"));
    for (var caller : callers) {
      if (!CALLER.matcher(caller).matches()) {
        throw refused(at + ".callers", "'" + caller + "' must be cn:NAME or spiffe://DOMAIN/PATH");
      }
    }
    var permissions = EnumSet.noneOf(Permission.class);
    for (var role : texts(at + ".roles", binding.get("roles"))) {
      var granted = roles.get(role);
      if (granted == null) {
        throw refused(
            at + ".roles", "there is no role '" + role + "'; known are " + sorted(roles.keySet()));
      }
      permissions.addAll(granted);
    }
    var keys = new ArrayList<KeyPattern>();
    for (var key : texts(at + ".keys", binding.get("keys"))) {
      keys.add(
          KeyPattern.parse(key)
              .orElseThrow(
                  () -> refused(at + ".keys", "'" + key + "' must be RING/KEY; '*' stops at '/'")));
    }
    return new AccessPolicy.Binding(name, callers, Set.copyOf(permissions), List.copyOf(keys));
  }

  private void only(String at, Map<String, Object> mapping, Set<String> known) {
    for (var field : mapping.keySet()) {
      if (!known.contains(field)) {
        throw refused(
            at.isEmpty() ? field : at + "." + field,
            "there is no such field; known are " + sorted(known));
      }
    }
  }

  private Map<String, Object> mapping(String at, Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw refused(at, "must be a mapping");
    }
    var typed = new HashMap<String, Object>();
    for (var entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String key) || entry.getValue() == null) {
        throw refused(
            at.isEmpty() ? String.valueOf(entry.getKey()) : at + "." + entry.getKey(),
            "must be text with a value");
      }
      typed.put(key, entry.getValue());
    }
    return typed;
  }

  private List<?> sequence(String at, @Nullable Object value) {
    if (value instanceof List<?> list && !list.isEmpty()) {
      return list;
    }
    throw refused(at, "must be a list with at least one entry");
  }

  private List<String> texts(String at, @Nullable Object value) {
    var texts = new ArrayList<String>();
    for (var element : sequence(at, value)) {
      if (!(element instanceof String text)) {
        throw refused(at + "[" + texts.size() + "]", "must be text");
      }
      texts.add(text);
    }
    return List.copyOf(texts);
  }

  private static String known() {
    return "known are "
        + String.join(
            ", ", Arrays.stream(Permission.values()).map(Permission::permissionName).toList());
  }

  private static String sorted(Set<String> names) {
    return String.join(", ", names.stream().sorted().toList());
  }

  private SettingRefused refused(String at, String problem) {
    return new SettingRefused(SETTING, file + ": " + (at.isEmpty() ? "" : at + ": ") + problem);
  }
}
