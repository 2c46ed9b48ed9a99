package dev.keyservice.bench;

import java.time.Duration;

/// One way to put load on a target.
sealed interface Load {
  /// Puts it on for a while, and returns when the last call is over.
  void put(Target target, Outcomes outcomes, Duration time);

  /// Closed: so many calls are in flight on each connection all the time; the next is made when one
  /// ends. It shows how much a service can do. Its latencies are those of a full queue, and a
  /// service that stalls is simply asked less.
  record Closed(int inFlight) implements Load {
    @Override
    public void put(Target target, Outcomes outcomes, Duration time) {
      new ClosedLoop(target, outcomes, time).run(inFlight);
    }
  }

  /// Open: a call is made at each point of a fixed schedule, whatever has become of those before,
  /// and timed from that point. So a service that stalls pays for every call that came meanwhile:
  /// its latencies are free of coordinated omission.
  record Open(double callsPerSecond) implements Load {
    @Override
    public void put(Target target, Outcomes outcomes, Duration time) {
      new OpenLoop(target, outcomes).run(callsPerSecond, time);
    }
  }
}
