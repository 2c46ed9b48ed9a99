package dev.keyservice.access;

import dev.keyservice.identity.Vouching;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What another policy would grant, limit or trust.
public final class PolicyChanges {
  private static final Comparator<Fact> ORDER =
      Comparator.comparing(Fact::subject)
          .thenComparing(Fact::what)
          .thenComparing(Fact::where)
          .thenComparing(Fact::by);

  private PolicyChanges() {}

  /// One thing that a policy says.
  ///
  /// @param subject a caller, a group or a certificate authority
  /// @param what a permission, a limit, or what an authority may vouch for
  /// @param where the pattern of the keys; empty for what is not about keys
  /// @param by the name of the binding, and what it demands; of an authority its fingerprint
  private record Fact(String subject, String what, String where, String by) {
    List<String> row(String sign) {
      return List.of(sign, subject, what, where, by);
    }
  }

  /// What changes from one policy to another.
  ///
  /// @return one row a change: `+` or `-`, who, what, on which keys, by which binding; none when
  ///   both say the same
  public static List<List<String>> between(AccessPolicy before, AccessPolicy after) {
    var old = facts(before);
    var next = facts(after);
    var changed = new TreeSet<>(ORDER);
    changed.addAll(old);
    changed.addAll(next);
    changed.removeIf(fact -> old.contains(fact) && next.contains(fact));
    return changed.stream().map(fact -> fact.row(old.contains(fact) ? "-" : "+")).toList();
  }

  private static Set<Fact> facts(AccessPolicy policy) {
    var facts = new TreeSet<>(ORDER);
    for (var binding : policy.bindings()) {
      binding.callers().forEach(caller -> facts.addAll(facts(caller.toString(), binding)));
    }
    var rules = policy.vouching().rules();
    rules.forEach(rule -> facts.addAll(facts(rule)));
    if (rules.isEmpty()) {
      facts.add(new Fact("every CA", "vouches for everyone", "", ""));
    }
    return facts;
  }

  private static List<Fact> facts(String caller, Binding binding) {
    var facts = new ArrayList<Fact>();
    var by = binding.name() + (binding.certificate() ? ", with a certificate" : "");
    for (var permission : binding.permissions()) {
      for (var keys : binding.keys()) {
        facts.add(new Fact(caller, permission.permissionName(), keys.toString(), by));
      }
    }
    for (var limit : binding.limits()) {
      facts.add(new Fact(caller, "limit " + limit, "", binding.name()));
    }
    return facts;
  }

  private static List<Fact> facts(Vouching.Rule rule) {
    var authority = rule.authority();
    var ca = "CA " + authority.getSubjectX500Principal();
    var fingerprint = "sha256:" + sha256(authority);
    var facts = new ArrayList<Fact>();
    for (var domain : rule.trustDomains()) {
      facts.add(new Fact(ca, "vouches for spiffe://" + domain, "", fingerprint));
    }
    if (rule.commonNames()) {
      facts.add(new Fact(ca, "vouches for cn:", "", fingerprint));
    }
    return facts;
  }

  private static String sha256(X509Certificate certificate) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.of().formatHex(digest);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("it was read from its encoding", e);
    }
  }
}
