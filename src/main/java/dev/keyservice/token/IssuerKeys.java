package dev.keyservice.token;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.jboss.logging.Logger;

/// The keys of one issuer as they are now. A reader never waits: whatever is read in the background
/// is put into force as a whole, and what is refused leaves the last good set in force.
final class IssuerKeys {
  private static final Logger LOG = Logger.getLogger(IssuerKeys.class);

  private final String issuer;
  private final Clock clock;
  private volatile State state = new State(KeySet.NONE, Optional.empty(), 0, 0, Optional.empty());

  /// @param confirmed when the set in force was last found to be that of the issuer
  /// @param problem why the last reading did not come into force
  private record State(
      KeySet set,
      Optional<Instant> confirmed,
      long changes,
      long failures,
      Optional<String> problem) {}

  IssuerKeys(String issuer, Clock clock) {
    this.issuer = issuer;
    this.clock = clock;
  }

  /// The set in force.
  KeySet current() {
    return state.set();
  }

  /// Puts what was read into force; the text of the set in force may come again.
  synchronized void replace(KeySet read) {
    var before = state;
    state =
        new State(
            read,
            Optional.of(clock.instant()),
            before.changes() + 1,
            before.failures(),
            Optional.empty());
    LOG.infof("keys of the issuer %s are in force: %d", issuer, read.size());
  }

  /// The issuer still has the set in force.
  synchronized void confirm() {
    var before = state;
    state =
        new State(
            before.set(),
            Optional.of(clock.instant()),
            before.changes(),
            before.failures(),
            Optional.empty());
  }

  /// What was read is not believed, or nothing could be read. Said once for each problem.
  synchronized void keep(String problem) {
    var before = state;
    state =
        new State(
            before.set(),
            before.confirmed(),
            before.changes(),
            before.failures() + 1,
            Optional.of(problem));
    if (!before.problem().equals(Optional.of(problem))) {
      LOG.warnf(
          "keys of the issuer %s were not renewed: %s; %s",
          issuer,
          problem,
          before
              .confirmed()
              .map(since -> "it goes on with those of " + since)
              .orElse("its tokens are refused until they are there"));
    }
  }

  /// Whether the last reading came into force.
  boolean isRenewed() {
    return state.problem().isEmpty();
  }

  /// When the set in force was last found to be that of the issuer; empty before there was one.
  Optional<Instant> confirmed() {
    return state.confirmed();
  }

  /// How often a set was put into force.
  long changes() {
    return state.changes();
  }

  /// How often keys could not be read.
  long failures() {
    return state.failures();
  }
}
