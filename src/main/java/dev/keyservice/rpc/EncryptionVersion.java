package dev.keyservice.rpc;

import dev.keyservice.call.CallRecord;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.failure.Failure;
import dev.keyservice.key.UsableVersion;
import io.smallrye.mutiny.Uni;
import java.util.function.Consumer;

/// A version of a key for encryption, which binds every ciphertext to itself. Not to be kept, as
/// the [UsableVersion] behind it is not.
record EncryptionVersion(UsableVersion version) {

  /// @throws Failure.FailedPrecondition when the key is for something else
  static EncryptionVersion of(UsableVersion version) {
    return new EncryptionVersion(version.forEncryption());
  }

  /// The resource name.
  String name() {
    return version.name().resource();
  }

  /// Gets ready to encrypt so many times. Fails as [UsableVersion#reserve] does.
  Uni<SealingVersion> reserve(int times) {
    return version.reserve(times).map(sealer -> new SealingVersion(this, sealer));
  }

  /// Decrypts. The caller erases what it gets.
  ///
  /// @throws Failure [Failure#cannotDecrypt()]
  byte[] open(Sealed sealed) {
    return version.open(sealed.ciphertext().sealed(), associatedData(sealed.aad()));
  }

  int number() {
    return version.name().version();
  }

  byte[] associatedData(byte[] aad) {
    return CiphertextFormat.associatedData(version.keyUid(), number(), version.algorithm(), aad);
  }

  /// Tells the record of the current call which version did its work.
  static Consumer<EncryptionVersion> noted() {
    var record = CallRecord.current();
    return used -> record.ifPresent(r -> r.usedVersion(used.number()));
  }

  /// Tells the record of the current call which version opened what another one sealed.
  static Consumer<EncryptionVersion> notedAsSource() {
    var record = CallRecord.current();
    return used -> record.ifPresent(r -> r.usedSourceVersion(used.number()));
  }
}
