package dev.keyservice.root;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.KeyMaterial;
import dev.keyservice.crypto.Mutations;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.crypto.Vectors;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreKeysTest {
  private static final UUID STORE = UUID.fromString("7d9f0c3a-52e1-4c7e-8a60-3f2b9d1e4c55");
  private static final UUID OTHER_STORE = UUID.fromString("7d9f0c3a-52e1-4c7e-8a60-3f2b9d1e4c56");
  private static final UUID UID = UUID.fromString("0f4c1b9e-6d1a-4b53-9a33-1c5e7f20a8d4");
  private static final byte[] ENTRY = "entry 1".getBytes(StandardCharsets.US_ASCII);
  private static final MaterialBinding BINDING =
      new MaterialBinding("keyRings/r/cryptoKeys/k", UID, 1, "ENCRYPT_DECRYPT", "XAES_256_GCM");

  @TempDir Path temporary;
  private FileRootKeys root;
  private final KeyMaterial material = KeyMaterial.generate(Algorithm.XAES_256_GCM);

  @BeforeEach
  void createRootKeys() {
    FileRootKeys.create(temporary, "main");
    root = FileRootKeys.load(temporary, "main");
  }

  @Test
  void opensTheMaterialThatItWrapped() {
    var keys = open(StoreKeys.create(1, STORE, root));

    var wrapped = keys.wrap(material, BINDING);

    assertEquals(material.encode(), unwrap(keys, wrapped, BINDING));
    assertEquals(24 + 33 + 16, wrapped.bytes().length);
    assertFalse(Arrays.equals(wrapped.bytes(), keys.wrap(material, BINDING).bytes()));
  }

  @Test
  void opensItStillAfterARestart() {
    var rows = List.of(StoreKeys.create(1, STORE, root));
    var before = StoreKeys.open(STORE, rows, root);
    var wrapped = before.wrap(material, BINDING);
    var mac = before.changeLogMac(1, ENTRY);

    var after = StoreKeys.open(STORE, rows, FileRootKeys.load(temporary, "main"));

    assertEquals(material.encode(), unwrap(after, wrapped, BINDING));
    assertArrayEquals(mac, after.changeLogMac(1, ENTRY));
  }

  @Test
  void wrapsWithTheHighestIdAndOpensWithAll() {
    var one = StoreKeys.create(9, STORE, root);
    var two = StoreKeys.create(10, STORE, root);
    var old = open(one);
    var wrapped = old.wrap(material, BINDING);

    var keys = open(two, one);

    assertEquals(10, keys.activeId());
    assertEquals(10, keys.wrap(material, BINDING).storeKeyId());
    assertEquals(9, wrapped.storeKeyId());
    assertEquals(material.encode(), unwrap(keys, wrapped, BINDING));
    assertArrayEquals(old.changeLogMac(9, ENTRY), keys.changeLogMac(9, ENTRY));
    assertFalse(Arrays.equals(keys.changeLogMac(9, ENTRY), keys.changeLogMac(10, ENTRY)));
    var token = old.pageTokens().seal(ENTRY, ENTRY);
    assertThrows(Failure.InvalidArgument.class, () -> keys.pageTokens().open(token, ENTRY));
  }

  @Test
  void refusesEveryChangeOfAWrappedRow() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var wrapped = keys.wrap(material, BINDING);

    Mutations.all(wrapped.bytes())
        .map(bad -> new WrappedMaterial(1, bad))
        .forEach(bad -> assertDataLoss(keys, bad, BINDING));
  }

  @Test
  void refusesMaterialThatWasMovedToAnotherRow() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var wrapped = keys.wrap(material, BINDING);
    var name = BINDING.resource();

    IntStream.range(0, 64)
        .mapToObj(bit ->
            new UUID(UID.getMostSignificantBits(), UID.getLeastSignificantBits() ^ 1L << bit))
        .forEach(uid ->
            assertDataLoss(
                keys,
                wrapped,
                new MaterialBinding(name, uid, 1, "ENCRYPT_DECRYPT", "XAES_256_GCM")));
    for (var bad :
        List.of(
            new MaterialBinding(name, UID, 2, "ENCRYPT_DECRYPT", "XAES_256_GCM"),
            new MaterialBinding(name, UID, 0, "ENCRYPT_DECRYPT", "XAES_256_GCM"),
            new MaterialBinding(name, UID, 1, "MAC", "XAES_256_GCM"),
            new MaterialBinding(name, UID, 1, "ENCRYPT_DECRYPTX", "AES_256_GCM"),
            new MaterialBinding(name, UID, 1, "ENCRYPT_DECRYPT", "AES_256_GCM"))) {
      assertDataLoss(keys, wrapped, bad);
    }
  }

  @Test
  void opensMaterialOfAKeyThatWasRenamed() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var wrapped = keys.wrap(material, BINDING);
    var renamed = new MaterialBinding("another", UID, 1, "ENCRYPT_DECRYPT", "XAES_256_GCM");

    assertEquals(material.encode(), unwrap(keys, wrapped, renamed));
  }

  @Test
  void refusesMaterialOfAnotherStoreWithTheSameStoreKey() {
    var plain = new PlainRootKeys();
    var row = StoreKeys.create(1, STORE, plain);
    var wrapped = StoreKeys.open(STORE, List.of(row), plain).wrap(material, BINDING);

    var other = StoreKeys.open(OTHER_STORE, List.of(row), plain);

    assertDataLoss(other, wrapped, BINDING);
    assertFalse(
        Arrays.equals(
            other.changeLogMac(1, ENTRY),
            StoreKeys.open(STORE, List.of(row), plain).changeLogMac(1, ENTRY)));
  }

  @Test
  void refusesAStoreKeyThatIsNotThere() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var wrapped = keys.wrap(material, BINDING);

    assertDataLoss(keys, new WrappedMaterial(2, wrapped.bytes()), BINDING);
    assertThrows(Failure.DataLoss.class, () -> keys.changeLogMac(2, ENTRY));
    assertThrows(Failure.DataLoss.class, () -> keys.nonceBlockMac(2, ENTRY));
    assertThrows(Failure.DataLoss.class, () -> keys.usageMac(2, ENTRY));
  }

  @Test
  void refusesMaterialThatWasWrappedUnderAnotherStoreKey() {
    var one = StoreKeys.create(1, STORE, root);
    var two = StoreKeys.create(2, STORE, root);
    var wrapped = open(one).wrap(material, BINDING);

    assertDataLoss(open(one, two), new WrappedMaterial(2, wrapped.bytes()), BINDING);
  }

  @Test
  void refusesToWrapForARowOfAnotherAlgorithm() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var binding = new MaterialBinding("k", UID, 1, "ENCRYPT_DECRYPT", "AES_256_GCM");

    assertThrows(IllegalArgumentException.class, () -> keys.wrap(material, binding));
  }

  @Test
  void refusesEveryChangeOfAStoreKeysRow() {
    var row = StoreKeys.create(1, STORE, root);

    Mutations.all(row.wrapped())
        .map(bad -> new WrappedStoreKey(1, "main", bad))
        .forEach(bad -> assertNotOpened(STORE, bad));
    assertNotOpened(STORE, new WrappedStoreKey(2, "main", row.wrapped()));
    assertNotOpened(OTHER_STORE, row);
  }

  @Test
  void refusesAStoreKeyUnderAnotherRootKey() {
    FileRootKeys.create(temporary.resolve("elsewhere"), "main");
    var elsewhere = FileRootKeys.load(temporary.resolve("elsewhere"), "main");
    FileRootKeys.create(temporary, "next");
    root = FileRootKeys.load(temporary, "main");

    assertNotOpened(STORE, StoreKeys.create(1, STORE, elsewhere));
    var row = StoreKeys.create(1, STORE, root);
    assertNotOpened(STORE, new WrappedStoreKey(1, "next", row.wrapped()));
    assertNotOpened(STORE, new WrappedStoreKey(1, "lost", row.wrapped()));
  }

  @Test
  void refusesAStoreWithoutStoreKeys() {
    assertThrows(IllegalArgumentException.class, () -> StoreKeys.open(STORE, List.of(), root));
  }

  @Test
  void opensThePageTokensOfTheSameStore() {
    var row = StoreKeys.create(1, STORE, root);
    var token = open(row).pageTokens().seal(ENTRY, ENTRY);

    assertArrayEquals(ENTRY, open(row).pageTokens().open(token, ENTRY));
  }

  @Test
  void agreesWithTheVector() {
    var vector = Vectors.read("store-keys").getFirst();
    var plain = new PlainRootKeys();
    var id = vector.number("store_key_id");
    var row = new WrappedStoreKey(id, vector.string("root_key_id"), vector.hex("store_key"));
    var keys = StoreKeys.open(UUID.fromString(vector.string("store_id")), List.of(row), plain);
    var binding =
        new MaterialBinding(
            "vector",
            UUID.fromString(vector.string("key_uid")),
            vector.number("version"),
            vector.string("purpose"),
            vector.string("algorithm"));

    var wrapped = new WrappedMaterial(id, vector.hex("wrapped_material"));

    assertEquals(vector.string("store_key_aad"), plain.lastAad());
    assertEquals(vector.secret("encoded_material"), unwrap(keys, wrapped, binding));
    assertArrayEquals(vector.hex("change_log_mac"), keys.changeLogMac(id, vector.hex("data")));
    assertArrayEquals(vector.hex("nonce_block_mac"), keys.nonceBlockMac(id, vector.hex("data")));
    assertArrayEquals(vector.hex("usage_mac"), keys.usageMac(id, vector.hex("data")));
  }

  @Test
  void bindsAStoreKeyWhenItIsCreatedAsWhenItIsOpened() {
    var plain = new PlainRootKeys();

    var row = StoreKeys.create(3, STORE, plain);

    assertEquals(Vectors.read("store-keys").getFirst().string("store_key_aad"), plain.lastAad());
    assertEquals("main", row.rootKeyId());
    assertEquals(3, row.id());
  }

  @Test
  void opensNothingOnceClosed() {
    var keys = open(StoreKeys.create(1, STORE, root));
    var wrapped = keys.wrap(material, BINDING);

    keys.close();

    assertThrows(IllegalStateException.class, () -> keys.wrap(material, BINDING));
    assertThrows(IllegalStateException.class, () -> unwrap(keys, wrapped, BINDING));
    assertThrows(IllegalStateException.class, () -> keys.changeLogMac(1, ENTRY));
    assertThrows(IllegalStateException.class, () -> keys.nonceBlockMac(1, ENTRY));
    assertThrows(IllegalStateException.class, () -> keys.usageMac(1, ENTRY));
    assertThrows(IllegalStateException.class, () -> keys.pageTokens().seal(ENTRY, ENTRY));
  }

  @Test
  void comparesRowsByContentAndDoesNotPrintIt() {
    var row = StoreKeys.create(1, STORE, root);
    var wrapped = open(row).wrap(material, BINDING);

    assertEquals(row, new WrappedStoreKey(1, "main", row.wrapped().clone()));
    assertEquals(row.hashCode(), new WrappedStoreKey(1, "main", row.wrapped().clone()).hashCode());
    assertNotEquals(row, StoreKeys.create(1, STORE, root));
    assertEquals(wrapped, new WrappedMaterial(1, wrapped.bytes().clone()));
    assertEquals(wrapped.hashCode(), new WrappedMaterial(1, wrapped.bytes().clone()).hashCode());
    assertNotEquals(wrapped, new WrappedMaterial(2, wrapped.bytes()));
    assertEquals("WrappedStoreKey[id=1, rootKeyId=main]", row.toString());
    assertEquals("WrappedMaterial[storeKeyId=1]", wrapped.toString());
  }

  private StoreKeys open(WrappedStoreKey... rows) {
    return StoreKeys.open(STORE, List.of(rows), root);
  }

  private static SecretBytes unwrap(
      StoreKeys keys, WrappedMaterial wrapped, MaterialBinding binding) {
    try (var material = keys.unwrap(wrapped, binding, Algorithm.XAES_256_GCM)) {
      return material.encode();
    }
  }

  private static void assertDataLoss(
      StoreKeys keys, WrappedMaterial wrapped, MaterialBinding binding) {
    var expected = new Failure.DataLoss(binding.resource());
    var actual =
        assertThrows(
            Failure.DataLoss.class, () -> keys.unwrap(wrapped, binding, Algorithm.XAES_256_GCM));
    assertEquals(expected.getMessage(), actual.getMessage());
    assertEquals(expected.metadata(), actual.metadata());
    assertNull(actual.getCause());
  }

  private void assertNotOpened(UUID store, WrappedStoreKey row) {
    var refused =
        assertThrows(SettingRefused.class, () -> StoreKeys.open(store, List.of(row), root));
    assertEquals("KEYSERVICE_ROOT_KEYS_DIR", refused.setting());
  }
}
