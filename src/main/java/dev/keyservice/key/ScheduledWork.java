package dev.keyservice.key;

import java.util.Locale;

/// What the schedule does by itself.
public enum ScheduledWork {
  /// A key gets a new primary.
  ROTATION,
  /// The material of a version is destroyed.
  DESTRUCTION;

  /// A word for it, to follow an article: `rotation`.
  public String inWords() {
    return name().toLowerCase(Locale.ROOT);
  }
}
