package dev.keyservice.audit;

import java.util.TreeSet;

/// Which revisions of the store's change log have a record: all up to one, and some after it. One
/// thread records, another asks.
final class RecordedChanges {
  private long upTo;
  private final TreeSet<Long> after = new TreeSet<>();

  /// A chain begins with what the store had already: that has no records.
  synchronized void begin(long revision) {
    upTo = revision;
    advance();
  }

  /// A signed line says so.
  synchronized void reached(long revision) {
    if (revision > upTo) {
      upTo = revision;
    }
    advance();
  }

  /// The store was replaced by an older one: later revisions come again.
  synchronized void restart(long revision) {
    upTo = revision;
    after.clear();
  }

  synchronized void add(long revision) {
    if (revision > upTo) {
      after.add(revision);
      advance();
    }
  }

  private void advance() {
    after.headSet(upTo, true).clear();
    while (after.remove(upTo + 1)) {
      upTo++;
    }
  }

  synchronized long upTo() {
    return upTo;
  }

  synchronized boolean has(long revision) {
    return revision <= upTo || after.contains(revision);
  }

  /// The newest that has one.
  synchronized long newest() {
    return after.isEmpty() ? upTo : after.last();
  }
}
