package dev.keyservice.access;

import dev.keyservice.call.Rate;
import java.util.List;
import java.util.Set;

/// One entry of the policy file: these callers hold these permissions on these keys.
///
/// @param name unique among the bindings
/// @param limits on all calls of each of the callers
/// @param certificate whether it grants only to callers whose connection proved a certificate
record Binding(
    String name,
    List<CallerName> callers,
    Set<Permission> permissions,
    List<KeyPattern> keys,
    List<Rate> limits,
    boolean certificate) {
  Binding {
    callers = List.copyOf(callers);
    permissions = Set.copyOf(permissions);
    keys = List.copyOf(keys);
    limits = List.copyOf(limits);
  }
}
