package dev.keyservice.access;

import java.time.Instant;
import java.util.Optional;

/// How the policy is: since when it is in force, and what became of its files since.
///
/// @param since when it came into force
/// @param reloads how often a policy was replaced
/// @param failures how often changed files were refused
/// @param refused why the files as they are now are not in force; empty when they are
public record PolicyStatus(Instant since, long reloads, long failures, Optional<String> refused) {
  static PolicyStatus beginning(Instant now) {
    return new PolicyStatus(now, 0, 0, Optional.empty());
  }

  PolicyStatus replaced(Instant now) {
    return new PolicyStatus(now, reloads + 1, failures, Optional.empty());
  }

  PolicyStatus refusing(String problem) {
    return new PolicyStatus(since, reloads, failures + 1, Optional.of(problem));
  }

  PolicyStatus settled() {
    return new PolicyStatus(since, reloads, failures, Optional.empty());
  }
}
