package dev.keyservice.identity;

import dev.keyservice.transport.Authority;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/// Which certificate authority may vouch for which identity.
///
/// Without a rule, every authority of the trust bundle may vouch for everyone. With any rule, an
/// authority vouches for what a rule says and for nothing else.
///
/// @param rules empty for no restriction
public record Vouching(List<Rule> rules) {
  public Vouching {
    rules = List.copyOf(rules);
  }

  /// What one authority may vouch for.
  ///
  /// @param authority a root or an intermediate, which must be in a valid path of the caller
  /// @param trustDomains of SPIFFE IDs, without the scheme
  /// @param commonNames whether for callers that are known by their common name
  public record Rule(X509Certificate authority, List<String> trustDomains, boolean commonNames) {
    public Rule {
      trustDomains = List.copyOf(trustDomains);
    }

    /// An authority is its name and its key. It may have several certificates, such as a renewed
    /// one, or those of several issuers.
    private boolean isOf(X509Certificate certificate) {
      return new Authority(authority).isSameAs(certificate);
    }
  }

  /// Every authority may vouch for everyone.
  public static Vouching unrestricted() {
    return new Vouching(List.of());
  }

  /// Whether there is a rule at all.
  public boolean isRestricted() {
    return !rules.isEmpty();
  }

  /// Whether one of the authorities that vouch for a caller may do so.
  ///
  /// @param callerId `spiffe://…` or `cn:…`
  /// @param authorities of the valid paths, the anchors included
  public boolean allows(String callerId, Collection<X509Certificate> authorities) {
    return rules.isEmpty()
        || rules.stream()
            .filter(rule -> authorities.stream().anyMatch(rule::isOf))
            .anyMatch(rule -> covers(rule, callerId));
  }

  private static boolean covers(Rule rule, String callerId) {
    return callerId.startsWith("cn:")
        ? rule.commonNames()
        : rule.trustDomains().stream()
            .anyMatch(domain -> callerId.startsWith("spiffe://" + domain + "/"));
  }
}
