package dev.keyservice.key;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.KeyMaterial;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.root.MaterialBinding;
import dev.keyservice.root.StoreKeys;
import dev.keyservice.root.WrappedMaterial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// A key with all its enabled versions opened.
final class OpenedKey implements KeyringEntry {
  private final CryptoKey key;
  private final Map<Integer, UsableVersion> usable = new HashMap<>();
  private final List<KeyMaterial> materials = new ArrayList<>();

  private OpenedKey(CryptoKey key) {
    this.key = key;
  }

  /// @throws Failure.DataLoss when material does not open
  static OpenedKey open(CryptoKey key, StoreKeys storeKeys, NonceUses nonceUses, Usages usages) {
    var opened = new OpenedKey(key);
    try {
      for (var version : key.versions()) {
        if (version.state() == VersionState.ENABLED) {
          var wrapped = version.material();
          opened.add(
              version,
              wrapped.orElseThrow(() -> new Failure.DataLoss(key.name().resource())),
              storeKeys,
              nonceUses,
              usages);
        }
      }
      return opened;
    } catch (RuntimeException e) {
      opened.erase();
      throw e;
    }
  }

  private void add(
      CryptoKeyVersion version,
      WrappedMaterial wrapped,
      StoreKeys storeKeys,
      NonceUses nonceUses,
      Usages usages) {
    var name = key.name().version(version.number());
    var algorithm = version.algorithm();
    var binding = binding(name, key.uid(), key.purpose(), algorithm);
    var material = storeKeys.unwrap(wrapped, binding, algorithm);
    materials.add(material);
    var budget =
        algorithm.mostUses().isPresent()
            ? nonceUses.of(name, key.uid(), algorithm)
            : UseBudget.UNLIMITED;
    var counter = usages.counter(key.uid(), name.version());
    usable.put(
        name.version(),
        new UsableVersion(name, key.uid(), algorithm, material.primitive(), budget, counter));
  }

  /// The row to which material belongs, when it is wrapped as well as when it is opened.
  static MaterialBinding binding(
      CryptoKeyVersionName name, UUID keyUid, Purpose purpose, Algorithm algorithm) {
    return new MaterialBinding(
        name.resource(), keyUid, name.version(), purpose.name(), algorithm.name());
  }

  @Override
  public UsableVersion primary() {
    if (!key.purpose().hasPrimary()) {
      throw UsableVersion.wrongPurpose(key.name(), key.purpose());
    }
    if (key.primary().isEmpty()) {
      throw new Failure.FailedPrecondition(
          Reason.VERSION_NOT_ENABLED, key.name().resource(), "has no primary version");
    }
    return version(key.primary().getAsInt());
  }

  @Override
  public UsableVersion version(int number) {
    var version = usable.get(number);
    if (version == null) {
      throw notUsable(number);
    }
    return version;
  }

  private Failure notUsable(int number) {
    var resource = key.name().version(number).resource();
    var version = key.version(number);
    return version.isEmpty()
        ? new Failure.NotFound(Reason.VERSION_NOT_FOUND, resource)
        : new Failure.FailedPrecondition(
            Reason.VERSION_NOT_ENABLED, resource, version.get().state().inWords());
  }

  @Override
  public int secrets() {
    return materials.size();
  }

  @Override
  public void erase() {
    materials.forEach(KeyMaterial::close);
  }
}
