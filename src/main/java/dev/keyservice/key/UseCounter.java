package dev.keyservice.key;

/// Counts the uses of one version. For any number of threads, and cheap.
@FunctionalInterface
public interface UseCounter {
  /// It was used, with success.
  void used();
}
