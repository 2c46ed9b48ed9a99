package dev.keyservice.transport;

import dev.keyservice.transport.TlsFiles.Side;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Warns of material that is about to end and that nobody replaces: in the last fifth of its life,
/// at every twentieth of it, and once when it has ended.
///
/// For one thread.
final class ExpiryWarnings {
  private static final Logger LOG = Logger.getLogger(ExpiryWarnings.class);
  private static final int STEPS = 20;
  private static final int FIRST_STEP = 16;

  private final Side side;
  private final Clock clock;
  private final Map<Term, Integer> warned = new HashMap<>();

  ExpiryWarnings(Side side, Clock clock) {
    this.side = side;
    this.clock = clock;
  }

  /// Something with a beginning and an end.
  ///
  /// @param then what follows its end
  private record Term(String what, Instant begin, Instant end, String then) {
    /// How many twentieths of it are over.
    int step(Instant now) {
      var life = Duration.between(begin, end).toMillis();
      var lived = Duration.between(begin, now).toMillis();
      return Math.clamp(lived * STEPS / Math.max(1, life), 0, STEPS);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Term term
          && what.equals(term.what)
          && begin.equals(term.begin)
          && end.equals(term.end)
          && then.equals(term.then);
    }

    @Override
    public int hashCode() {
      return 31 * what.hashCode() + end.hashCode();
    }
  }

  void warn(TlsMaterial material) {
    var now = clock.instant();
    var terms = terms(material);
    warned.keySet().retainAll(terms);
    for (var term : terms) {
      var step = term.step(now);
      if (step >= FIRST_STEP && step > warned.getOrDefault(term, 0)) {
        warned.put(term, step);
        log(term, now);
      }
    }
  }

  private static void log(Term term, Instant now) {
    if (now.isBefore(term.end())) {
      LOG.warnf(
          "%s ends at %s, in %s; then %s",
          term.what(), term.end(), rounded(Duration.between(now, term.end())), term.then());
    } else {
      LOG.errorf("%s ended at %s; %s", term.what(), term.end(), term.then());
    }
  }

  private static Duration rounded(Duration left) {
    return Duration.ofSeconds(left.toSeconds());
  }

  private Set<Term> terms(TlsMaterial material) {
    var revocations = material.revocations();
    var terms =
        revocations.lists().stream()
            .map(list ->
                new Term(
                    "the revocation list of '" + list.getIssuerX500Principal() + "'",
                    list.getThisUpdate().toInstant(),
                    list.getNextUpdate().toInstant(),
                    "whoever this CA signed is refused"
                        + (revocations.grace().isZero()
                            ? ""
                            : " from " + revocations.end(list) + " on")))
            .collect(Collectors.toSet());
    for (var anchor : material.anchors()) {
      terms.add(
          new Term(
              "the CA '" + anchor.getSubjectX500Principal() + "'",
              anchor.getNotBefore().toInstant(),
              anchor.getNotAfter().toInstant(),
              "whoever it signed is refused"));
    }
    material
        .identity()
        .ifPresent(identity ->
            terms.add(
                new Term(
                    "the " + side.word() + "'s certificate '" + identity.subject() + "'",
                    identity.certificate().getNotBefore().toInstant(),
                    identity.certificate().getNotAfter().toInstant(),
                    "the other side refuses it")));
    return terms;
  }
}
