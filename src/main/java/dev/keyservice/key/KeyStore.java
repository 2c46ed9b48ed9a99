package dev.keyservice.key;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Keeps keys. Whatever it acknowledges is durable; whatever it returns matches the change log.
///
/// Every method fails with [Failure.Unavailable] when the store does not answer. A write that fails
/// so has an unknown outcome. No method blocks its caller.
public interface KeyStore {

  /// Adds a key and the change-log entry that vouches for it, in one transaction.
  ///
  /// Fails with [Failure.AlreadyExists] when the name was ever used, even if its rows are gone, and
  /// as [#change] does.
  Uni<ChangeOutcome> create(CryptoKey key, ChangeTerms terms);

  /// Changes a key and appends the change-log entry that vouches for it, in one transaction.
  ///
  /// Fails with [Failure.NotFound] when there is no key of the name, with [Failure.DataLoss] as
  /// [#get] does, with [Failure.Aborted] when its etag is another than the terms say, with
  /// [Failure.InvalidArgument] when another request had the same id, and as `step` does.
  ///
  /// A request that was seen before is answered with the key as it is now.
  ///
  /// @param step asked on the thread that writes, while no other change can be made
  Uni<ChangeOutcome> change(CryptoKeyName name, ChangeTerms terms, Step step);

  /// What a change makes of a key.
  @FunctionalInterface
  interface Step {
    /// Makes another of the key as it is; empty when there is nothing to change.
    Optional<KeyChange> apply(CryptoKey before);
  }

  /// Reads one key. Emits an empty optional when the name was never used; fails with
  /// [Failure.DataLoss] when its rows do not match the change log.
  Uni<Optional<StoredKey>> get(CryptoKeyName name);

  /// Reads keys of a ring in the order of their names.
  ///
  /// One call looks at a bounded number of names, those that are not visible included. So a page
  /// may be short, or even empty, and still have a next one: only a page without [KeyPage#next] is
  /// the last.
  ///
  /// @param after [KeyPage#next] of the page before, empty for the first page
  /// @param limit at least 1
  /// @param visible which keys the reader may see; asked with names only
  /// @param matching which of these it asks for
  Uni<KeyPage> list(
      KeyRingName ring,
      Optional<String> after,
      int limit,
      Predicate<CryptoKeyName> visible,
      Predicate<CryptoKey> matching);

  /// Reads the rings that hold at least one visible key, in the order of their names. Bounded as
  /// [#list] is: a page may end inside a ring of which no key was visible so far.
  ///
  /// @param after [RingPage#next] of the page before, empty for the first page
  Uni<RingPage> listRings(Optional<String> after, int limit, Predicate<CryptoKeyName> visible);

  /// The newest revision of the change log, 0 before the first change.
  Uni<Long> newestRevision();

  /// Reads changes in their order. Bounded as [#list] is: only a page that is the
  /// [ChangePage#newest] has all.
  ///
  /// Fails with [Failure.OutOfRange] when the log does not hold the revision.
  ///
  /// @param after a revision of the log, 0 for its beginning
  /// @param limit at least 1
  /// @param visible which keys the reader may see; asked with names only
  Uni<ChangePage> changes(long after, int limit, Predicate<CryptoKeyName> visible);

  /// Waits until there may be a change after a revision. It may be over without one, and it tells
  /// nothing to a waiter that gave up.
  Uni<Void> changedSince(long revision);

  /// One page of keys.
  ///
  /// @param damaged names whose rows do not match the change log
  /// @param next where to go on, when there may be more; for [#list] of the same ring only
  record KeyPage(List<StoredKey> keys, List<CryptoKeyName> damaged, Optional<String> next) {}

  /// One page of rings.
  ///
  /// @param next where to go on, when there may be more; for [#listRings] only
  record RingPage(List<KeyRingName> rings, Optional<String> next) {}

  /// One page of changes, each with the key as it is now.
  ///
  /// @param last the last revision that was looked at, whether it was visible or not
  /// @param newest whether there was none after it
  record ChangePage(List<KeyEvent> events, long last, boolean newest) {}
}
