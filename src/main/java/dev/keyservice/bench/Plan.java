package dev.keyservice.bench;

import java.time.Duration;
import java.util.Optional;

/// How a run goes.
///
/// @param connections to each target
/// @param inFlight calls on each connection at once, while the load is closed
/// @param rounds of each load on each target
/// @param roundTime how long one takes
/// @param warmUp how long each target is under load before anything counts
/// @param rate of the open load; none leaves it out
public record Plan(
    int connections,
    int inFlight,
    int rounds,
    Duration roundTime,
    Duration warmUp,
    Optional<Rate> rate) {

  /// How many calls a second the open load makes.
  public sealed interface Rate {
    /// So many for every target.
    record Calls(double perSecond) implements Rate {}

    /// A part of what each target can do, which the closed load finds out before.
    ///
    /// @param percent more than 0, less than 100
    record OfTheMost(double percent) implements Rate {}
  }
}
