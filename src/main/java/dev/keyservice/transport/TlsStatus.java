package dev.keyservice.transport;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// How one side's TLS material is: what is in force, and what became of the files since.
///
/// @param inForce the material in force
/// @param since when it came into force
/// @param reloads how often material was replaced
/// @param refusals how often changed files were refused, by what was wrong with them
/// @param refused why the files as they are now are not in force; empty when they are
public record TlsStatus(
    TlsMaterial inForce,
    Instant since,
    long reloads,
    Map<MaterialProblem, Long> refusals,
    Optional<MaterialRefused> refused) {
  public TlsStatus {
    refusals = Map.copyOf(refusals);
  }

  /// The same material in force, and this of the files.
  TlsStatus with(Map<MaterialProblem, Long> counted, Optional<MaterialRefused> refusal) {
    return new TlsStatus(inForce, since, reloads, counted, refusal);
  }
}
