package dev.keyservice.key;

import java.util.OptionalInt;

/// What a change makes of a key.
///
/// @param key as it is afterwards
/// @param version the one that it is about; empty when it is about the key
public record KeyChange(ChangeAction action, CryptoKey key, OptionalInt version) {

  static KeyChange of(ChangeAction action, CryptoKey key) {
    return new KeyChange(action, key, OptionalInt.empty());
  }

  static KeyChange of(ChangeAction action, CryptoKey key, int version) {
    return new KeyChange(action, key, OptionalInt.of(version));
  }
}
