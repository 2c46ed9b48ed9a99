package dev.keyservice.key;

import dev.keyservice.crypto.Aead;
import java.util.concurrent.atomic.AtomicInteger;

/// Encrypts with one version as often as was reserved. Use it in the call that reserved.
public final class Sealer {
  private final Aead aead;
  private final AtomicInteger left;

  Sealer(Aead aead, int uses) {
    this.aead = aead;
    this.left = new AtomicInteger(uses);
  }

  /// Encrypts once ([Aead#seal]).
  ///
  /// @throws IllegalStateException when it has encrypted as often as was reserved
  public byte[] seal(byte[] plaintext, byte[] associatedData) {
    if (left.getAndDecrement() <= 0) {
      throw new IllegalStateException("more uses than were reserved");
    }
    return aead.seal(plaintext, associatedData);
  }
}
