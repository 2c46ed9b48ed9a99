package dev.keyservice.store;

import java.util.OptionalLong;

/// Uses of one version on their way into the database.
///
/// A commit that is not confirmed may have happened. What it would have written is remembered, so
/// that the next attempt finds out and no use is added twice. That takes one process that writes.
final class PendingUses {
  private final UseDelta delta;

  private volatile OptionalLong written = OptionalLong.empty();

  /// @param delta at least one use
  PendingUses(UseDelta delta) {
    this.delta = delta;
  }

  UseDelta delta() {
    return delta;
  }

  /// The sum of both, which is about to be written.
  long addedTo(long stored) {
    var sum = stored + delta.uses();
    written = OptionalLong.of(sum);
    return sum;
  }

  /// Whether a stored number of uses has these in it.
  boolean isIn(long stored) {
    return written.isPresent() && written.getAsLong() == stored;
  }
}
