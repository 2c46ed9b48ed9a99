package dev.keyservice.key;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.Mac;
import dev.keyservice.crypto.Primitive;
import io.smallrye.mutiny.Uni;
import java.util.UUID;

/// An enabled version of a key, ready for use.
///
/// The only way to its primitive, so that nobody encrypts without being counted. Use it in the call
/// that asked for it and do not keep it: some time after it left the [Keyring] its secret is
/// erased, and its uses throw.
public final class UsableVersion {
  private final CryptoKeyVersionName name;
  private final UUID keyUid;
  private final Algorithm algorithm;
  private final Primitive primitive;
  private final UseBudget budget;

  UsableVersion(
      CryptoKeyVersionName name,
      UUID keyUid,
      Algorithm algorithm,
      Primitive primitive,
      UseBudget budget) {
    this.name = name;
    this.keyUid = keyUid;
    this.algorithm = algorithm;
    this.primitive = primitive;
    this.budget = budget;
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
      return Uni.createFrom().item(aead().seal(plaintext, associatedData));
    }
    return budget.take(1).map(_ -> aead().seal(plaintext, associatedData));
  }

  /// Reserves uses for somebody who encrypts several times, all of them or none. Fails as
  /// [UseBudget#take] does.
  ///
  /// @param uses at least 1
  public Uni<Sealer> reserve(int uses) {
    if (budget.tryTake(uses)) {
      return Uni.createFrom().item(new Sealer(aead(), uses));
    }
    return budget.take(uses).map(_ -> new Sealer(aead(), uses));
  }

  /// Decrypts ([Aead#open]).
  public byte[] open(byte[] sealed, byte[] associatedData) {
    return aead().open(sealed, associatedData);
  }

  private Aead aead() {
    return switch (primitive) {
      case Aead aead -> aead;
      case Mac _ -> throw new IllegalStateException("a key for encryption has a cipher");
    };
  }
}
