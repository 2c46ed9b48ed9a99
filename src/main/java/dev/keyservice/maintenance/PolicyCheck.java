package dev.keyservice.maintenance;

import dev.keyservice.access.AccessPolicy;
import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.access.CallerNames;
import dev.keyservice.access.Decision;
import dev.keyservice.access.Permission;
import dev.keyservice.access.PolicyChanges;
import dev.keyservice.access.PolicySummary;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.nio.file.Path;
import java.util.List;

/// Says what a policy file means, without a service: what it holds, what would change, and who may
/// do what by it.
public final class PolicyCheck {
  private final AccessPolicy policy;

  private PolicyCheck(AccessPolicy policy) {
    this.policy = policy;
  }

  /// Reads a policy file as the service does.
  ///
  /// @throws SettingRefused when the service would refuse it
  public static PolicyCheck of(Path file) {
    return new PolicyCheck(AccessPolicyFile.load(file));
  }

  /// A question about one caller.
  ///
  /// @param caller as `keyservice whoami` shows it
  /// @param groups of its token
  /// @param certificate whether it has one beside its token
  /// @param permission such as `crypto.encrypt`
  /// @param key resource name; empty for any key
  public record Question(
      String caller, List<String> groups, boolean certificate, String permission, String key) {}

  /// Its answer.
  ///
  /// @param why in one sentence
  public record Answer(boolean granted, String why) {}

  /// What it holds, in one line.
  public String summary() {
    return PolicySummary.of(policy);
  }

  /// What changes when it takes the place of another.
  ///
  /// @return one row a change: `+` or `-`, who, what, on which keys, by which binding
  public List<List<String>> changesSince(PolicyCheck before) {
    return PolicyChanges.between(before.policy, policy);
  }

  /// What it says to a question.
  ///
  /// @throws SettingRefused naming the option that is malformed
  public Answer answer(Question question) {
    var permission =
        Permission.named(question.permission())
            .orElseThrow(() ->
                new SettingRefused(
                    "--permission",
                    "there is no permission '"
                        + question.permission()
                        + "'; known are "
                        + Permission.known()));
    return switch (policy.explain(names(question), permission, question.key())) {
      case Decision.Granted(var binding, var keys) ->
          new Answer(true, "granted by the binding '" + binding + "' on " + keys);
      case Decision.Denied(var why) -> new Answer(false, "denied: " + sentence(why));
    };
  }

  private static CallerNames names(Question question) {
    try {
      return CallerNames.described(question.caller(), question.groups(), question.certificate());
    } catch (Failure.InvalidArgument e) {
      var violation = e.violations().getFirst();
      var option = violation.field().equals("caller.groups") ? "--group" : "--caller";
      throw new SettingRefused(option, violation.description());
    }
  }

  private static String sentence(Decision.Denial why) {
    return switch (why) {
      case NO_BINDING -> "no binding names the caller";
      case PERMISSION_NOT_GRANTED -> "bindings name the caller, but none grants this permission";
      case NOT_ON_THIS_KEY -> "the permission is granted, but on no pattern that matches this key";
      case CERTIFICATE_REQUIRED -> "it takes a certificate beside the token";
    };
  }
}
