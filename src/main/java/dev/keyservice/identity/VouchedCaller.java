package dev.keyservice.identity;

import java.security.cert.X509Certificate;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Remembers for one connection whether its caller is vouched for, until the rules or the
/// authorities are others.
final class VouchedCaller {
  private volatile @Nullable Outcome last;

  /// @param by compared by identity, as the authorities are: both are replaced as a whole
  private record Outcome(Vouching by, Set<X509Certificate> authorities, boolean allowed) {}

  @SuppressWarnings("ReferenceEquality") // see Outcome
  boolean allows(Caller caller, Vouching vouching, Set<X509Certificate> authorities) {
    var known = last;
    if (known == null || known.by() != vouching || known.authorities() != authorities) {
      known = new Outcome(vouching, authorities, vouching.allows(caller.id(), authorities));
      last = known;
    }
    return known.allowed();
  }
}
