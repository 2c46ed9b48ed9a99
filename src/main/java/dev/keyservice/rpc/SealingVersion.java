package dev.keyservice.rpc;

import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.key.Sealer;

/// A version that is about to encrypt, as often as was reserved.
record SealingVersion(EncryptionVersion version, Sealer sealer) {

  /// The resource name.
  String name() {
    return version.name();
  }

  /// Encrypts once.
  ///
  /// @return a whole ciphertext, as [CiphertextFormat] describes it
  byte[] seal(byte[] plaintext, byte[] aad) {
    var sealed = sealer.seal(plaintext, version.associatedData(aad));
    return CiphertextFormat.encode(version.number(), sealed);
  }
}
