package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.KeyMaterial;
import dev.keyservice.root.StoreKeys;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.Executor;

/// Makes keys.
public final class KeyLifecycle {
  private static final int FIRST_VERSION = 1;

  private final KeyStore store;
  private final StoreKeys storeKeys;
  private final Keyring keyring;
  private final Executor workers;
  private final Clock clock;

  /// @param keyring told of every change before it is acknowledged
  /// @param workers where key material is made, off the event loop
  public KeyLifecycle(
      KeyStore store, StoreKeys storeKeys, Keyring keyring, Executor workers, Clock clock) {
    this.store = store;
    this.storeKeys = storeKeys;
    this.keyring = keyring;
    this.workers = workers;
    this.clock = clock;
  }

  /// Creates a key with its first version, which is enabled and, where the purpose has one, the
  /// primary. Fails with `AlreadyExists` when the name was ever used.
  ///
  /// @param algorithm one that serves the purpose
  /// @param actor who does it, for the change log
  public Uni<StoredKey> create(
      CryptoKeyName name,
      Purpose purpose,
      Algorithm algorithm,
      SortedMap<String, String> labels,
      String actor) {
    if (Purpose.of(algorithm) != purpose) {
      throw new IllegalArgumentException(algorithm + " does not serve " + purpose);
    }
    return OffLoop.run(workers, () -> newKey(name, purpose, algorithm, labels))
        .chain(key -> store.create(key, actor))
        // A look-up that read before the commit must not answer a use that begins after it; nor
        // when nobody knows whether there was one.
        .onItemOrFailure()
        .invoke((_, _) -> keyring.invalidate(name));
  }

  private CryptoKey newKey(
      CryptoKeyName name, Purpose purpose, Algorithm algorithm, SortedMap<String, String> labels) {
    var uid = UUID.randomUUID(); // version 4, of a SecureRandom
    var now = Microseconds.truncate(clock.instant());
    var binding = OpenedKey.binding(name.version(FIRST_VERSION), uid, purpose, algorithm);
    try (var material = KeyMaterial.generate(algorithm)) {
      var wrapped = storeKeys.wrap(material, binding);
      var version =
          new CryptoKeyVersion(FIRST_VERSION, VersionState.ENABLED, algorithm, now, wrapped);
      return new CryptoKey(
          name, uid, purpose, algorithm, primary(purpose), labels, now, List.of(version));
    }
  }

  private static OptionalInt primary(Purpose purpose) {
    return purpose.hasPrimary() ? OptionalInt.of(FIRST_VERSION) : OptionalInt.empty();
  }
}
