package dev.keyservice.root;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.HmacSha256;
import dev.keyservice.crypto.KeyMaterial;
import dev.keyservice.crypto.LengthPrefixed;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/// The keys of one store, opened: they wrap key material and authenticate the change log and what
/// is counted.
///
/// The newest wraps and authenticates; the older ones still open what they made. Immutable and safe
/// for any number of threads until it is closed.
public final class StoreKeys implements AutoCloseable {
  private final UUID storeId;
  private final Map<Integer, StoreKey> keys;
  private final int activeId;
  private final StoreKey active;

  private StoreKeys(UUID storeId, NavigableMap<Integer, StoreKey> keys) {
    var newest = Objects.requireNonNull(keys.lastEntry());
    this.storeId = storeId;
    this.keys = keys;
    this.activeId = newest.getKey();
    this.active = newest.getValue();
  }

  /// Makes a store key, wrapped by the active root key, for the caller to write into the store.
  ///
  /// @param id one more than the highest so far, from 1
  public static WrappedStoreKey create(int id, UUID storeId, RootKeyProvider root) {
    var rootKeyId = root.activeId();
    try (var secret = SecretBytes.random(StoreKey.KEY_BYTES)) {
      var wrapped = root.wrap(secret, StoreKey.wrappingAad(storeId, id, rootKeyId));
      return new WrappedStoreKey(id, rootKeyId, wrapped);
    }
  }

  /// Opens every key of a store; the highest id is the active one.
  ///
  /// @param keys at least one, each id once
  /// @throws SettingRefused when a root key is missing or does not open one of them
  public static StoreKeys open(UUID storeId, List<WrappedStoreKey> keys, RootKeyProvider root) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("a store has at least one store key");
    }
    var opened = new TreeMap<Integer, StoreKey>();
    try {
      for (var key : keys) {
        opened.put(key.id(), open(storeId, key, root));
      }
      return new StoreKeys(storeId, opened);
    } catch (RuntimeException e) {
      opened.values().forEach(StoreKey::close);
      throw e;
    }
  }

  private static StoreKey open(UUID storeId, WrappedStoreKey key, RootKeyProvider root) {
    var aad = StoreKey.wrappingAad(storeId, key.id(), key.rootKeyId());
    try (var secret = root.unwrap(key.rootKeyId(), key.wrapped(), aad)) {
      return new StoreKey(storeId, secret);
    }
  }

  /// The id of the key that wraps and authenticates from now on.
  public int activeId() {
    return activeId;
  }

  /// Wraps material for one row, under the active store key.
  ///
  /// @param material stays the caller's to close
  public WrappedMaterial wrap(KeyMaterial material, MaterialBinding binding) {
    if (!material.algorithm().name().equals(binding.algorithm())) {
      throw new IllegalArgumentException("the material is of another algorithm than its row");
    }
    try (var encoded = material.encode()) {
      var aead = active.material();
      return new WrappedMaterial(activeId, encoded.use(bytes -> aead.seal(bytes, aad(binding))));
    }
  }

  /// Opens what [#wrap] returned, for the same row only.
  ///
  /// @return the material, which the caller closes
  /// @throws Failure.DataLoss naming the resource, when it does not open: the row was changed,
  ///   moved here from another row or store, or names a store key that is not there
  public KeyMaterial unwrap(WrappedMaterial wrapped, MaterialBinding binding, Algorithm algorithm) {
    var key = keys.get(wrapped.storeKeyId());
    if (key == null || !algorithm.name().equals(binding.algorithm())) {
      throw new Failure.DataLoss(binding.resource());
    }
    try (var encoded = SecretBytes.of(key.material().open(wrapped.bytes(), aad(binding)))) {
      return KeyMaterial.decode(algorithm, encoded);
    } catch (Failure.InvalidArgument | IllegalArgumentException e) {
      throw new Failure.DataLoss(binding.resource());
    }
  }

  private byte[] aad(MaterialBinding binding) {
    return LengthPrefixed.untagged()
        .text("keyservice/v1 material-row")
        .uuid(storeId)
        .uuid(binding.keyUid())
        .int32(binding.version())
        .text(binding.purpose())
        .text(binding.algorithm())
        .toByteArray();
  }

  /// Wraps the private half of the audit key, under the active store key.
  ///
  /// @param privateKey stays the caller's to erase
  public WrappedMaterial wrapAuditKey(byte[] privateKey, byte[] publicKey) {
    return new WrappedMaterial(
        activeId, active.material().seal(privateKey, auditKeyAad(publicKey)));
  }

  /// Opens what [#wrapAuditKey] returned, for the same public half only.
  ///
  /// @return the private half, which the caller erases
  /// @throws Failure.DataLoss when it does not open
  public byte[] unwrapAuditKey(WrappedMaterial wrapped, byte[] publicKey) {
    var key = keys.get(wrapped.storeKeyId());
    if (key == null) {
      throw new Failure.DataLoss("auditKeys");
    }
    try {
      return key.material().open(wrapped.bytes(), auditKeyAad(publicKey));
    } catch (Failure.InvalidArgument e) {
      throw new Failure.DataLoss("auditKeys");
    }
  }

  private byte[] auditKeyAad(byte[] publicKey) {
    return LengthPrefixed.untagged()
        .text("keyservice/v1 audit-key")
        .uuid(storeId)
        .bytes(publicKey)
        .toByteArray();
  }

  /// HMAC-SHA-256 of an entry of the change log: with [#activeId] for a new entry, with the id that
  /// the entry records to check an old one. Compare in constant time.
  ///
  /// @throws Failure.DataLoss when there is no such store key
  public byte[] changeLogMac(int storeKeyId, byte[] canonicalEntry) {
    return mac(storeKeyId, StoreKey::changeLog, canonicalEntry);
  }

  /// HMAC-SHA-256 for requests that are carried out once: over a request, and over the row that
  /// remembers it. Compare in constant time.
  ///
  /// @throws Failure.DataLoss when there is no such store key
  public byte[] requestMac(int storeKeyId, byte[] bytes) {
    return mac(storeKeyId, StoreKey::requests, bytes);
  }

  /// HMAC-SHA-256 of a row that says how many uses of a version are reserved, as [#changeLogMac] is
  /// of an entry.
  ///
  /// @throws Failure.DataLoss when there is no such store key
  public byte[] nonceBlockMac(int storeKeyId, byte[] canonicalRow) {
    return mac(storeKeyId, StoreKey::nonceBlock, canonicalRow);
  }

  /// HMAC-SHA-256 of a row that says how often a version was used, as [#changeLogMac] is of an
  /// entry.
  ///
  /// @throws Failure.DataLoss when there is no such store key
  public byte[] usageMac(int storeKeyId, byte[] canonicalRow) {
    return mac(storeKeyId, StoreKey::usage, canonicalRow);
  }

  private byte[] mac(int storeKeyId, Function<StoreKey, SecretBytes> use, byte[] canonical) {
    var key = keys.get(storeKeyId);
    if (key == null) {
      throw new Failure.DataLoss("storeKeys/" + storeKeyId);
    }
    return HmacSha256.mac(use.apply(key), canonical);
  }

  /// Seals page tokens, under the active store key: replicas understand each other's tokens, and a
  /// token ends with the store key.
  public Aead pageTokens() {
    return active.pageTokens();
  }

  /// Erases every key; each use throws `IllegalStateException` from then on.
  @Override
  public void close() {
    keys.values().forEach(StoreKey::close);
  }

  @Override
  public String toString() {
    return "StoreKeys" + keys.keySet();
  }
}
