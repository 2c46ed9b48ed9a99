package dev.keyservice.key;

/// How often a version encrypts at most, where its algorithm has a limit and this is not above it.
///
/// @param uses from 1,000 to 2^32
public record NonceLimit(long uses) {
  /// The least.
  public static final long LEAST = 1_000;

  /// What NIST SP 800-38D §8.3 allows.
  public static final long MOST = 1L << 32;

  public NonceLimit {
    if (uses < LEAST || uses > MOST) {
      throw new IllegalArgumentException("a limit of " + uses + " uses");
    }
  }
}
