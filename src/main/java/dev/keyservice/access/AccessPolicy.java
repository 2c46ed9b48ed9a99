package dev.keyservice.access;

import dev.keyservice.key.CryptoKeyName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Who may do what: what no binding grants is denied. Immutable.
///
/// A decision looks only at the grants of one caller, so its cost does not grow with the number of
/// bindings for others.
public final class AccessPolicy {
  private final Map<String, List<Grant>> grantsByCaller;

  /// Permissions on the keys that one of the patterns matches.
  private record Grant(Set<Permission> permissions, List<KeyPattern> keys) {
    boolean allows(Permission permission, CryptoKeyName name) {
      return permissions.contains(permission) && keys.stream().anyMatch(key -> key.matches(name));
    }
  }

  /// One entry of the policy file.
  ///
  /// @param name unique among the bindings
  /// @param callers ids of callers
  record Binding(
      String name, List<String> callers, Set<Permission> permissions, List<KeyPattern> keys) {}

  AccessPolicy(List<Binding> bindings) {
    var grants = new HashMap<String, List<Grant>>();
    for (var binding : bindings) {
      var grant = new Grant(binding.permissions(), binding.keys());
      for (var caller : binding.callers()) {
        grants.computeIfAbsent(caller, c -> new ArrayList<>()).add(grant);
      }
    }
    grants.replaceAll((caller, list) -> List.copyOf(list));
    this.grantsByCaller = Map.copyOf(grants);
  }

  /// Whether the caller holds the permission on this key.
  public boolean allows(String callerId, Permission permission, CryptoKeyName name) {
    for (var grant : grants(callerId)) {
      if (grant.allows(permission, name)) {
        return true;
      }
    }
    return false;
  }

  /// Whether the caller holds the permission on any pattern at all.
  public boolean allowsSomewhere(String callerId, Permission permission) {
    return grants(callerId).stream().anyMatch(grant -> grant.permissions().contains(permission));
  }

  /// The keys on which the caller holds the permission.
  public Predicate<CryptoKeyName> allowed(String callerId, Permission permission) {
    return name -> allows(callerId, permission, name);
  }

  private List<Grant> grants(String callerId) {
    return grantsByCaller.getOrDefault(callerId, List.of());
  }
}
