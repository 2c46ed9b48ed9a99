package dev.keyservice.key;

import java.time.Instant;
import java.util.Optional;

/// How often a version was used, and when last: encryptions, decryptions and whatever else its
/// primitive did with success.
///
/// After a crash the uses of the last minute may be missing.
///
/// @param uses in all; where they are not known, those that are
/// @param lastUse to the millisecond, as the clock of the service said; empty when there was none,
///   or none that is known
/// @param known false when what was stored cannot be believed: there may have been any number
public record Usage(long uses, Optional<Instant> lastUse, boolean known) {
  /// Of a version that was never used.
  public static final Usage NONE = new Usage(0, Optional.empty(), true);
}
