package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What may be changed about a key.
///
/// @param algorithm of new versions
/// @param rotation when the primary is replaced by itself
/// @param destroyWindow how long a version that is to be destroyed can be restored; whole
///   microseconds
/// @param deletionProtection whether no version may be destroyed
public record KeySettings(
    Algorithm algorithm,
    SortedMap<String, String> labels,
    RotationSchedule rotation,
    Duration destroyWindow,
    boolean deletionProtection) {
  /// The window of a key for which nobody chose another.
  public static final Duration DEFAULT_DESTROY_WINDOW = Duration.ofDays(30);

  public KeySettings {
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
  }

  /// Without labels, schedule or protection.
  public static KeySettings of(Algorithm algorithm) {
    return new KeySettings(
        algorithm, new TreeMap<>(), RotationSchedule.NEVER, DEFAULT_DESTROY_WINDOW, false);
  }

  /// The same with another algorithm of new versions.
  public KeySettings withAlgorithm(Algorithm other) {
    return new KeySettings(other, labels, rotation, destroyWindow, deletionProtection);
  }

  /// The same with other labels.
  public KeySettings withLabels(SortedMap<String, String> other) {
    return new KeySettings(algorithm, other, rotation, destroyWindow, deletionProtection);
  }

  /// The same with another schedule.
  public KeySettings withRotation(RotationSchedule other) {
    return new KeySettings(algorithm, labels, other, destroyWindow, deletionProtection);
  }

  /// The same with another window. What is scheduled already keeps its time.
  public KeySettings withDestroyWindow(Duration other) {
    return new KeySettings(algorithm, labels, rotation, other, deletionProtection);
  }

  /// The same, protected or not.
  public KeySettings withDeletionProtection(boolean other) {
    return new KeySettings(algorithm, labels, rotation, destroyWindow, other);
  }
}
