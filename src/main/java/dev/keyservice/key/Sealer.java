package dev.keyservice.key;

import java.util.concurrent.atomic.AtomicInteger;

/// Encrypts with one version as often as was reserved. Use it in the call that reserved.
public final class Sealer {
  private final UsableVersion version;
  private final AtomicInteger left;

  Sealer(UsableVersion version, int uses) {
    this.version = version;
    this.left = new AtomicInteger(uses);
  }

  /// Encrypts once ([Aead#seal]).
  ///
  /// @throws IllegalStateException when it has encrypted as often as was reserved
  public byte[] seal(byte[] plaintext, byte[] associatedData) {
    if (left.getAndDecrement() <= 0) {
      throw new IllegalStateException("more uses than were reserved");
    }
    return version.sealReserved(plaintext, associatedData);
  }
}
