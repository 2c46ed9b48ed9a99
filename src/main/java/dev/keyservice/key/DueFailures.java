package dev.keyservice.key;

import dev.keyservice.failure.Failure;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/// What is due and cannot be done. Every run of the schedule meets it anew; it is warned of when it
/// begins and when its cause becomes another, not by every run. Of one run at a time.
final class DueFailures {
  private static final Logger LOG = Logger.getLogger(DueFailures.class);

  private final Map<String, String> causes = new HashMap<>();
  private Map<String, String> causesBefore = Map.of();
  private int damagedSoFar;
  private volatile int damaged;

  /// A run begins.
  void begin() {
    causes.clear();
    damagedSoFar = 0;
  }

  /// @param what is due, such as `the rotation of NAME`
  void note(String what, Throwable why) {
    var cause = String.valueOf(why.getMessage());
    if (!cause.equals(causesBefore.get(what))) {
      LOG.warnf("%s is due and cannot be done; it is tried again: %s", what, cause);
    }
    causes.put(what, cause);
    if (why instanceof Failure.DataLoss) {
      damagedSoFar++;
    }
  }

  /// The run has come to its end; one that does not leaves everything as it was.
  void end() {
    causesBefore = Map.copyOf(causes);
    damaged = damagedSoFar;
  }

  /// How much of what was due at the last run could not be done because its key is damaged.
  int damaged() {
    return damaged;
  }
}
