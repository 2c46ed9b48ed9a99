package dev.keyservice.store;

import dev.keyservice.key.OffLoop;
import io.smallrye.mutiny.Uni;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Wakes those who follow the change log when there may be more of it.
final class Commits {
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private volatile long newest;

  /// @param after the revision that it has seen
  private record Waiter(long after, Runnable wake) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Waiter waiter && after == waiter.after && wake.equals(waiter.wake);
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(after) + wake.hashCode();
    }
  }

  /// @param newest the revision at which the log was opened
  Commits(long newest) {
    this.newest = newest;
  }

  /// There is an entry of this revision.
  void reached(long revision) {
    newest = revision;
    for (var waiter : waiters) {
      if (waiter.after() < revision) {
        waiter.wake().run();
      }
    }
  }

  /// Whether there are more is not known: they all have to look.
  void unknown() {
    waiters.forEach(waiter -> waiter.wake().run());
  }

  /// Emits when there may be an entry after a revision.
  Uni<Void> since(long revision) {
    return OffLoop.await(wake -> await(revision, wake));
  }

  private Runnable await(long revision, Runnable wake) {
    var waiter = new Waiter(revision, wake);
    waiters.add(waiter);
    // The other way round an entry could come between the two and be missed.
    if (newest > revision) {
      wake.run();
    }
    return () -> waiters.remove(waiter);
  }

  /// The newest revision that this process knows of.
  long newest() {
    return newest;
  }

  /// How many wait.
  int waiting() {
    return waiters.size();
  }
}
