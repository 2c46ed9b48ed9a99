package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.cannotDecrypt;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersionName;
import dev.keyservice.key.Keyring;
import io.smallrye.mutiny.Uni;

/// Finds the versions that encrypt and decrypt. A key for something else is refused as such.
final class EncryptionKeys {
  private final Keyring keyring;

  EncryptionKeys(Keyring keyring) {
    this.keyring = keyring;
  }

  /// The version that is to encrypt: the primary one where the name is that of a key.
  ///
  /// @param field which holds the name, for the error
  Uni<EncryptionVersion> sealing(String field, String name) {
    var version =
        CryptoKeyVersionName.names(name)
            ? keyring.version(CryptoKeyVersionName.parse(field, name))
            : keyring.primary(CryptoKeyName.parse(field, name));
    return version.map(EncryptionVersion::of);
  }

  /// The version that a ciphertext claims to be of. One that never was is not told apart from any
  /// other that does not open.
  Uni<EncryptionVersion> opening(CryptoKeyName key, int number) {
    return keyring
        .version(key.version(number))
        .onFailure(EncryptionKeys::isUnknownVersion)
        .transform(unknown -> cannotDecrypt())
        .map(EncryptionVersion::of);
  }

  private static boolean isUnknownVersion(Throwable failure) {
    return failure instanceof Failure.NotFound notFound
        && notFound.reason() == Reason.VERSION_NOT_FOUND;
  }
}
