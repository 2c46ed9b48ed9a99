package dev.keyservice.key;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.Mac;
import dev.keyservice.crypto.Primitive;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.smallrye.mutiny.Uni;
import java.util.UUID;

/// An enabled version of a key, ready for use.
///
/// The only way to its primitive: nobody encrypts without a use that was reserved, where there is a
/// limit, and every use that succeeded is counted. Use it in the call that asked for it and do not
/// keep it: some time after it left the [Keyring] its secret is erased, and its uses throw.
public final class UsableVersion {
  private final CryptoKeyVersionName name;
  private final UUID keyUid;
  private final Algorithm algorithm;
  private final Primitive primitive;
  private final UseBudget budget;
  private final UseCounter counter;

  UsableVersion(
      CryptoKeyVersionName name,
      UUID keyUid,
      Algorithm algorithm,
      Primitive primitive,
      UseBudget budget,
      UseCounter counter) {
    this.name = name;
    this.keyUid = keyUid;
    this.algorithm = algorithm;
    this.primitive = primitive;
    this.budget = budget;
    this.counter = counter;
  }

  /// Its name.
  public CryptoKeyVersionName name() {
    return name;
  }

  /// The uid of its key.
  public UUID keyUid() {
    return keyUid;
  }

  /// What it is used with.
  public Algorithm algorithm() {
    return algorithm;
  }

  /// Encrypts ([Aead#seal]): at once, unless its uses are counted and none is at hand. Fails as
  /// [UseBudget#take] does.
  public Uni<byte[]> seal(byte[] plaintext, byte[] associatedData) {
    if (budget.tryTake(1)) {
      return Uni.createFrom().item(sealReserved(plaintext, associatedData));
    }
    return budget.take(1).map(_ -> sealReserved(plaintext, associatedData));
  }

  /// Reserves uses for somebody who encrypts several times, all of them or none. Fails as
  /// [UseBudget#take] does.
  ///
  /// @param uses at least 1
  public Uni<Sealer> reserve(int uses) {
    if (budget.tryTake(uses)) {
      return Uni.createFrom().item(new Sealer(this, uses));
    }
    return budget.take(uses).map(_ -> new Sealer(this, uses));
  }

  /// Encrypts; somebody has taken a use for it.
  byte[] sealReserved(byte[] plaintext, byte[] associatedData) {
    var sealed = aead().seal(plaintext, associatedData);
    counter.used();
    return sealed;
  }

  /// Decrypts ([Aead#open]).
  public byte[] open(byte[] sealed, byte[] associatedData) {
    var plaintext = aead().open(sealed, associatedData);
    counter.used();
    return plaintext;
  }

  /// Makes a tag ([Mac#tag]).
  ///
  /// @throws Failure.FailedPrecondition `WRONG_PURPOSE` when the key is for something else
  public byte[] tag(byte[] data) {
    var tag = mac().tag(data);
    counter.used();
    return tag;
  }

  /// Verifies a tag ([Mac#verify]). One that is wrong is no use.
  ///
  /// @throws Failure.FailedPrecondition `WRONG_PURPOSE` when the key is for something else
  public boolean verify(byte[] data, byte[] tag) {
    var right = mac().verify(data, tag);
    if (right) {
      counter.used();
    }
    return right;
  }

  /// This version, which encrypts and decrypts.
  ///
  /// @throws Failure.FailedPrecondition `WRONG_PURPOSE` when the key is for something else
  public UsableVersion forEncryption() {
    var _ = aead();
    return this;
  }

  private Aead aead() {
    return switch (primitive) {
      case Aead aead -> aead;
      case Mac _ -> throw wrongPurpose(name.key(), Purpose.of(algorithm));
    };
  }

  private Mac mac() {
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
