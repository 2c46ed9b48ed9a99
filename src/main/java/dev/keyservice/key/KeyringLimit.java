package dev.keyservice.key;

/// How much the keyring holds at most.
///
/// @param entries keys and enabled versions together, 100 to 1,000,000. A key with one version is
///   two
public record KeyringLimit(int entries) {
  /// The least.
  public static final int LEAST = 100;

  /// The most.
  public static final int MOST = 1_000_000;

  public KeyringLimit {
    if (entries < LEAST || entries > MOST) {
      throw new IllegalArgumentException("a keyring of " + entries + " entries");
    }
  }
}
