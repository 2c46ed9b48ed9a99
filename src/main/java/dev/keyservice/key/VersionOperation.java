package dev.keyservice.key;

import static dev.keyservice.key.VersionState.DESTROYED;
import static dev.keyservice.key.VersionState.DESTROY_SCHEDULED;
import static dev.keyservice.key.VersionState.DISABLED;
import static dev.keyservice.key.VersionState.ENABLED;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.util.Set;

/// What changes the state of a version, or asks for one: the whole table of transitions. What does
/// not stand here is refused.
public enum VersionOperation {
  /// To usable.
  ENABLE("enabled", ENABLED, Set.of(DISABLED)),
  /// To kept and not usable.
  DISABLE("disabled", DISABLED, Set.of(ENABLED)),
  /// To be destroyed when its window is over.
  SCHEDULE_DESTRUCTION("destroyed", DESTROY_SCHEDULED, Set.of(ENABLED, DISABLED)),
  /// Not to be destroyed after all.
  RESTORE("restored", DISABLED, Set.of(DESTROY_SCHEDULED)),
  /// The window is over.
  DESTROY("destroyed", DESTROYED, Set.of(DESTROY_SCHEDULED)),
  /// It becomes the primary, and stays what it is.
  SET_PRIMARY("made the primary", ENABLED, Set.of(ENABLED));

  private final String inWords;
  private final VersionState to;

  @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
  private final Set<VersionState> from;

  VersionOperation(String inWords, VersionState to, Set<VersionState> from) {
    this.inWords = inWords;
    this.to = to;
    this.from = from;
  }

  /// The state that it leads to.
  public VersionState to() {
    return to;
  }

  /// Whether a version in this state may undergo it.
  public boolean isLegalFrom(VersionState state) {
    return from.contains(state);
  }

  /// @throws Failure.FailedPrecondition (`STATE_NOT_ALLOWED`) when it may not
  void requireLegalFrom(VersionState state, CryptoKeyVersionName version) {
    if (!isLegalFrom(state)) {
      throw new Failure.FailedPrecondition(
          Reason.STATE_NOT_ALLOWED,
          version.resource(),
          state.inWords() + " and cannot be " + inWords);
    }
  }
}
