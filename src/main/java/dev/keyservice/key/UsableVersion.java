package dev.keyservice.key;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.Mac;
import dev.keyservice.crypto.Primitive;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.util.UUID;

/// An enabled version of a key, ready for use.
///
/// Use it in the call that asked for it and do not keep it: some time after it left the [Keyring]
/// its secret is erased, and the primitive throws.
public record UsableVersion(
    CryptoKeyVersionName name, UUID keyUid, Algorithm algorithm, Primitive primitive) {

  /// What encrypts and decrypts.
  ///
  /// @throws Failure.FailedPrecondition `WRONG_PURPOSE` when the key is for something else
  public Aead aead() {
    return switch (primitive) {
      case Aead aead -> aead;
      case Mac _ -> throw wrongPurpose(name.key(), Purpose.of(algorithm));
    };
  }

  /// What makes and verifies tags.
  ///
  /// @throws Failure.FailedPrecondition `WRONG_PURPOSE` when the key is for something else
  public Mac mac() {
    return switch (primitive) {
      case Mac mac -> mac;
      case Aead _ -> throw wrongPurpose(name.key(), Purpose.of(algorithm));
    };
  }

  static Failure wrongPurpose(CryptoKeyName key, Purpose purpose) {
    return new Failure.FailedPrecondition(
        Reason.WRONG_PURPOSE, key.resource(), "has the purpose " + purpose);
  }
}
