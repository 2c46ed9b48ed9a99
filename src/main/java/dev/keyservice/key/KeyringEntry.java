package dev.keyservice.key;

import dev.keyservice.failure.Failure;

/// What a look-up of one key came to.
sealed interface KeyringEntry permits KeyringEntry.Refused, OpenedKey {

  /// The primary version.
  ///
  /// @throws Failure for whoever asked
  UsableVersion primary();

  /// One version.
  ///
  /// @throws Failure for whoever asked
  UsableVersion version(int number);

  /// How many secrets it holds.
  int secrets();

  /// Erases them.
  void erase();

  /// The key cannot be used. Told to those who wait for it, then forgotten.
  record Refused(RuntimeException failure) implements KeyringEntry {
    @Override
    public UsableVersion primary() {
      throw failure;
    }

    @Override
    public UsableVersion version(int number) {
      throw failure;
    }

    @Override
    public int secrets() {
      return 0;
    }

    @Override
    public void erase() {
      // holds none
    }
  }
}
