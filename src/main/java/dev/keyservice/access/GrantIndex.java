package dev.keyservice.access;

import dev.keyservice.access.KeyPattern.Part.Exactly;
import dev.keyservice.key.CryptoKeyName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// The grants of one permission to one name. A search looks at those on the very key, at those in
/// its very ring, and at those whose ring is a pattern, and at no others: keys and rings of which a
/// policy names thousands cost a search nothing.
final class GrantIndex {
  private final Map<CryptoKeyName, Grant> byKey = new HashMap<>();
  private final Map<String, List<Grant>> byRing = new HashMap<>();
  private final List<Grant> inManyRings = new ArrayList<>();
  private final List<Grant> anywhere = new ArrayList<>();

  /// @param grants in the order of the policy file
  GrantIndex(Collection<Grant> grants) {
    var byPattern = new LinkedHashMap<KeyPattern, Grant>();
    grants.forEach(grant -> byPattern.merge(grant.keys(), grant, Grant::orFreer));
    byPattern.values().forEach(this::add);
    byPattern.values().stream().reduce(Grant::orFreer).ifPresent(anywhere::add);
  }

  private void add(Grant grant) {
    if (!(grant.keys().ring() instanceof Exactly(var ring))) {
      inManyRings.add(grant);
    } else if (grant.keys().key() instanceof Exactly(var key)) {
      byKey.put(new CryptoKeyName(ring, key), grant);
    } else {
      byRing.computeIfAbsent(ring, _ -> new ArrayList<>()).add(grant);
    }
  }

  /// A grant on a key.
  ///
  /// @param usable asked for each grant that is looked at
  Optional<Grant> on(CryptoKeyName name, Predicate<Grant> usable) {
    var exact = byKey.get(name);
    if (exact != null && usable.test(exact)) {
      return Optional.of(exact);
    }
    return first(byRing.getOrDefault(name.ring(), List.of()), name, usable)
        .or(() -> first(inManyRings, name, usable));
  }

  private static Optional<Grant> first(
      List<Grant> grants, CryptoKeyName name, Predicate<Grant> usable) {
    for (var grant : grants) {
      if (usable.test(grant) && grant.keys().matches(name)) {
        return Optional.of(grant);
      }
    }
    return Optional.empty();
  }

  /// A grant on whatever keys: of several the one that asks for least.
  Optional<Grant> anywhere(Predicate<Grant> usable) {
    return anywhere.stream().filter(usable).findFirst();
  }
}
