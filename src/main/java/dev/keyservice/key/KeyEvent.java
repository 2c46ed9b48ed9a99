package dev.keyservice.key;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// One thing that whoever follows keys is told.
///
/// @param subject what there is to tell
/// @param revision everything up to it has been told; empty within a snapshot
/// @param changeTime when the change was made; empty where there is none
public record KeyEvent(Subject subject, OptionalLong revision, Optional<Instant> changeTime) {

  /// What an event is about.
  public sealed interface Subject {
    /// A key as it is now.
    record Key(StoredKey stored) implements Subject {}

    /// A key whose rows do not match the change log.
    record Damaged(CryptoKeyName name) implements Subject {}

    /// No key: nothing that the follower may see has changed.
    record Nothing() implements Subject {}
  }

  /// A key of a snapshot.
  static KeyEvent existing(Subject subject) {
    return new KeyEvent(subject, OptionalLong.empty(), Optional.empty());
  }

  /// A key that was changed.
  public static KeyEvent changed(Subject subject, long revision, Instant time) {
    return new KeyEvent(subject, OptionalLong.of(revision), Optional.of(time));
  }

  /// Everything up to a revision has been told.
  static KeyEvent progress(long revision) {
    return new KeyEvent(new Subject.Nothing(), OptionalLong.of(revision), Optional.empty());
  }
}
