package dev.keyservice.token;

/// Keeps the keys of one issuer what their source says, in the background.
interface KeyRefresh extends AutoCloseable {
  /// Begins.
  void start();

  /// Somebody has shown a token with a key that is not among them: it may be new. Never waits, and
  /// may be called any number of times.
  void wanted();

  /// Ends; the keys in force stay.
  @Override
  void close();
}
