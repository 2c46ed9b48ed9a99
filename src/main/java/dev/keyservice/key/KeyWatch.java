package dev.keyservice.key;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;

/// Follows the keys of a store: a snapshot, then every change for as long as somebody listens.
///
/// It reads a page when its subscriber has asked for more than the page before held, so that one
/// who does not ask costs one page.
///
/// A snapshot takes several reads, and keys may change between them. So it goes on with the changes
/// since it began, and where these end it is the state of the store.
public final class KeyWatch {
  /// How many keys are read at once.
  static final int PAGE = 50;

  /// After how many changes that it may not see a follower hears how far it is, so that it need not
  /// pass them again when it resumes.
  static final int UNSEEN = 1_000;

  private final KeyStore store;
  private final Predicate<CryptoKeyName> visible;

  /// @param visible which keys the follower may see; asked for each event, with names only
  public KeyWatch(KeyStore store, Predicate<CryptoKeyName> visible) {
    this.store = store;
    this.visible = visible;
  }

  /// The keys of a ring, then what changes in it.
  public Multi<KeyEvent> of(KeyRingName ring) {
    return in(ring).all(Multi.createFrom().item(ring));
  }

  /// The keys of all rings, then what changes.
  public Multi<KeyEvent> ofAll() {
    return all(Multi.createFrom().deferred(this::rings));
  }

  /// What has changed in a ring after a revision, and what changes in it.
  ///
  /// Fails with [dev.keyservice.failure.Failure.OutOfRange] when the change log does not hold that
  /// revision.
  public Multi<KeyEvent> of(KeyRingName ring, long revision) {
    return in(ring).ofAll(revision);
  }

  /// What has changed after a revision, and what changes. Fails as [#of(KeyRingName, long)] does.
  public Multi<KeyEvent> ofAll(long revision) {
    return changes(revision, false);
  }

  private KeyWatch in(KeyRingName ring) {
    return new KeyWatch(store, name -> name.ring().equals(ring.ring()) && visible.test(name));
  }

  private Multi<KeyEvent> all(Multi<KeyRingName> rings) {
    return store.newestRevision().toMulti().concatMap(begin -> snapshot(rings, begin));
  }

  /// @param begin a revision from before anything of it was read
  private Multi<KeyEvent> snapshot(Multi<KeyRingName> rings, long begin) {
    var existing = rings.concatMap(this::keys);
    var rest = changes(begin, true);
    return Multi.createBy().concatenating().streams(existing, rest);
  }

  private Multi<KeyRingName> rings() {
    return pages(after -> store.listRings(after, PAGE, visible), KeyStore.RingPage::next)
        .concatMap(page -> Multi.createFrom().iterable(page.rings()));
  }

  private Multi<KeyEvent> keys(KeyRingName ring) {
    return pages(after -> store.list(ring, after, PAGE, visible, _ -> true), KeyStore.KeyPage::next)
        .concatMap(page -> Multi.createFrom().iterable(existing(page)));
  }

  private static List<KeyEvent> existing(KeyStore.KeyPage page) {
    var events = new ArrayList<KeyEvent>();
    page.keys().forEach(key -> events.add(KeyEvent.existing(new KeyEvent.Subject.Key(key))));
    page.damaged()
        .forEach(name -> events.add(KeyEvent.existing(new KeyEvent.Subject.Damaged(name))));
    return events;
  }

  /// Page after page, each read when it is asked for.
  private static <T> Multi<T> pages(
      Function<Optional<String>, Uni<T>> read, Function<T, Optional<String>> next) {
    return Multi.createBy()
        .repeating()
        .uni(
            () -> new AtomicReference<>(Optional.<String>empty()),
            after -> read.apply(after.get()).invoke(page -> after.set(next.apply(page))))
        .whilst(page -> next.apply(page).isPresent());
  }

  private Multi<KeyEvent> changes(long revision, boolean snapshot) {
    return Multi.createBy()
        .repeating()
        .uni(() -> new Follower(revision, snapshot), Follower::next)
        .indefinitely()
        .concatMap(events -> Multi.createFrom().iterable(events));
  }

  /// Where one who follows stands. It asks for one page after the other, never for two at a time.
  private final class Follower {
    /// The last revision that was looked at.
    private long read;

    /// The last revision that it heard of.
    private long told;

    /// Whether there was none after what was read.
    private boolean caughtUp;

    /// Whether it has not heard of a whole snapshot yet.
    private boolean snapshot;

    Follower(long revision, boolean snapshot) {
      this.read = revision;
      this.told = revision;
      this.snapshot = snapshot;
    }

    Uni<List<KeyEvent>> next() {
      var page = Uni.createFrom().deferred(() -> store.changes(read, PAGE, visible));
      return (caughtUp ? store.changedSince(read).chain(() -> page) : page).map(this::tell);
    }

    private List<KeyEvent> tell(KeyStore.ChangePage page) {
      read = page.last();
      caughtUp = page.newest();
      var events = new ArrayList<>(page.events());
      if (snapshot) {
        events.replaceAll(event -> KeyEvent.existing(event.subject()));
      }
      if (snapshot ? caughtUp : events.isEmpty() && read - told >= UNSEEN) {
        events.add(KeyEvent.progress(read));
        snapshot = false;
      }
      if (!events.isEmpty()) {
        told = read;
      }
      return events;
    }
  }
}
