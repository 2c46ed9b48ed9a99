package dev.keyservice.access;

import dev.keyservice.access.Decision.Denial;
import dev.keyservice.call.Rate;
import dev.keyservice.identity.Caller;
import dev.keyservice.identity.Vouching;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Who may do what: what no binding grants is denied. Immutable.
///
/// A decision looks at what is granted to the caller's own names, and of that only at what can
/// concern the key, so its cost grows neither with the bindings of others nor with the number of
/// rings and keys that the caller's own bindings name.
public final class AccessPolicy {
  private final List<Binding> bindings;
  private final Vouching vouching;
  private final Map<CallerName, Holding> byName;
  private final Set<String> ids;

  /// What the bindings of one name add up to.
  private record Holding(Map<Permission, GrantIndex> grants, List<Rate> rates) {}

  AccessPolicy(List<Binding> bindings, Vouching vouching) {
    this.bindings = List.copyOf(bindings);
    this.vouching = vouching;
    var naming = new HashMap<CallerName, List<Binding>>();
    for (var binding : bindings) {
      for (var name : binding.callers()) {
        naming.computeIfAbsent(name, _ -> new ArrayList<>()).add(binding);
      }
    }
    // Not Map.copyOf: it probes one place after the other, and names that count up lie side by
    // side.
    var holdings = new HashMap<CallerName, Holding>();
    naming.forEach((name, its) -> holdings.put(name, holding(its)));
    this.byName = Collections.unmodifiableMap(holdings);
    this.ids = ids(holdings.keySet());
  }

  private static Set<String> ids(Set<CallerName> names) {
    var ids = new HashSet<String>();
    for (var name : names) {
      switch (name) {
        case CallerName.Named(var id) -> ids.add(id);
        case CallerName.Subject subject -> ids.add(subject.toString());
        case CallerName.Group _ -> {} // names nobody in particular
      }
    }
    return Collections.unmodifiableSet(ids);
  }

  private static Holding holding(List<Binding> bindings) {
    var grants = new EnumMap<Permission, List<Grant>>(Permission.class);
    for (var binding : bindings) {
      for (var permission : binding.permissions()) {
        var list = grants.computeIfAbsent(permission, _ -> new ArrayList<>());
        binding
            .keys()
            .forEach(keys -> list.add(new Grant(binding.name(), keys, binding.certificate())));
      }
    }
    var indexes = new EnumMap<Permission, GrantIndex>(Permission.class);
    grants.forEach((permission, list) -> indexes.put(permission, new GrantIndex(list)));
    return new Holding(
        indexes,
        bindings.stream().flatMap(binding -> binding.limits().stream()).distinct().toList());
  }

  /// Nothing is allowed to anyone.
  static AccessPolicy ofNothing() {
    return new AccessPolicy(List.of(), Vouching.unrestricted());
  }

  /// Whether the caller holds the permission on this key.
  public boolean allows(Caller caller, Permission permission, CryptoKeyName name) {
    return allows(CallerNames.of(caller), permission, Optional.of(name));
  }

  /// Whether the caller holds the permission on any pattern at all.
  public boolean allowsSomewhere(Caller caller, Permission permission) {
    return allows(CallerNames.of(caller), permission, Optional.empty());
  }

  /// Whether a caller holds the permission.
  ///
  /// @param name on this key; empty for any pattern at all
  boolean allows(CallerNames caller, Permission permission, Optional<CryptoKeyName> name) {
    return find(caller, permission, name, grant -> grant.isFor(caller)).isPresent();
  }

  /// The same, and why.
  public Decision explain(Caller caller, Permission permission, Optional<CryptoKeyName> name) {
    return explain(CallerNames.of(caller), permission, name);
  }

  /// The same of a caller that somebody describes.
  public Decision explain(CallerNames caller, Permission permission, Optional<CryptoKeyName> name) {
    return find(caller, permission, name, grant -> grant.isFor(caller))
        .<Decision>map(grant -> new Decision.Granted(grant.binding(), grant.keys().toString()))
        .orElseGet(() -> new Decision.Denied(why(caller, permission, name)));
  }

  /// The same on a key that is given by its resource name; empty for any pattern at all.
  ///
  /// @throws dev.keyservice.failure.Failure.InvalidArgument naming `name`, when it is malformed
  public Decision explain(CallerNames caller, Permission permission, String name) {
    var key =
        name.isEmpty()
            ? Optional.<CryptoKeyName>empty()
            : Optional.of(CryptoKeyVersionName.keyOf("name", name));
    return explain(caller, permission, key);
  }

  /// @param name on which the caller does not hold the permission
  private Denial why(CallerNames caller, Permission permission, Optional<CryptoKeyName> name) {
    if (find(caller, permission, name, _ -> true).isPresent()) {
      return Denial.CERTIFICATE_REQUIRED;
    }
    if (find(caller, permission, Optional.empty(), _ -> true).isPresent()) {
      return Denial.NOT_ON_THIS_KEY;
    }
    return holdings(caller).findAny().isPresent()
        ? Denial.PERMISSION_NOT_GRANTED
        : Denial.NO_BINDING;
  }

  /// The grant by which a caller holds a permission.
  ///
  /// @param usable asked for each grant that is looked at
  Optional<Grant> find(
      CallerNames caller,
      Permission permission,
      Optional<CryptoKeyName> name,
      Predicate<Grant> usable) {
    for (var alias : caller.names()) {
      var holding = byName.get(alias);
      var index = holding == null ? null : holding.grants().get(permission);
      if (index != null) {
        var found = name.isPresent() ? index.on(name.get(), usable) : index.anywhere(usable);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /// The limits of all bindings that name the caller, each once; empty when none of them has any. A
  /// binding that asks for a certificate limits callers without one, too.
  public List<Rate> rates(Caller caller) {
    var names = CallerNames.of(caller);
    if (names.names().size() == 1) {
      // Each call asks; of all but tokens with groups there is nothing to put together.
      var only = byName.get(names.names().getFirst());
      return only == null ? List.of() : only.rates();
    }
    return holdings(names).flatMap(holding -> holding.rates().stream()).distinct().toList();
  }

  /// Whether a binding names the caller with this id itself.
  boolean names(String callerId) {
    return ids.contains(callerId);
  }

  private Stream<Holding> holdings(CallerNames caller) {
    return caller.names().stream().map(byName::get).filter(Objects::nonNull);
  }

  /// Which authority may vouch for whom.
  public Vouching vouching() {
    return vouching;
  }

  /// The bindings in the order of the file.
  List<Binding> bindings() {
    return bindings;
  }
}
