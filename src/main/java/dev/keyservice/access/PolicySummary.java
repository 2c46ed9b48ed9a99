package dev.keyservice.access;

import dev.keyservice.identity.Vouching;

/// What a policy holds, in numbers.
public final class PolicySummary {
  private PolicySummary() {}

  /// One line for a log or a person.
  public static String of(AccessPolicy policy) {
    var bindings = policy.bindings();
    var callers =
        bindings.stream().flatMap(binding -> binding.callers().stream()).distinct().count();
    return count(bindings.size(), "binding")
        + " for "
        + count(callers, "caller or group", "callers or groups")
        + ", "
        + trust(policy.vouching());
  }

  private static String trust(Vouching vouching) {
    var rules = vouching.rules();
    if (rules.isEmpty()) {
      return "every CA may vouch for everyone";
    }
    return count(rules.size(), "rule") + " for which CA may vouch for whom";
  }

  private static String count(long number, String one) {
    return count(number, one, one + "s");
  }

  private static String count(long number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }
}
