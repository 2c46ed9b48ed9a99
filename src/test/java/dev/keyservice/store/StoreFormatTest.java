package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.key.ChangeAction;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.KeyChange;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Microseconds;
import dev.keyservice.key.Purpose;
import dev.keyservice.root.RootKeyProvider;
import dev.keyservice.root.StoreKeys;
import dev.keyservice.root.WrappedMaterial;
import dev.keyservice.root.WrappedStoreKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// The worked example of `docs/store-format.md`, recomputed and compared with what is written
/// there.
class StoreFormatTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final UUID STORE = UUID.fromString("7d9f0c3a-52e1-4c7e-8a60-3f2b9d1e4c55");
  private static final UUID KEY = UUID.fromString("0f4c1b9e-6d1a-4b53-9a33-1c5e7f20a8d4");
  private static final byte[] STORE_KEY =
      HEX.parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  private static final long TIME = 1772366400123456L;
  private static final CryptoKeyName NAME = new CryptoKeyName("payments", "cards");

  private final KeyRows rows = KeyRows.of(key());

  private static CryptoKey key() {
    var time = Microseconds.toInstant(TIME);
    var material = new WrappedMaterial(1, HEX.parseHex("a0a1a2a3"));
    var version = CryptoKeyVersion.enabled(1, Algorithm.XAES_256_GCM, time, material);
    return new CryptoKey(
        NAME,
        KEY,
        Purpose.ENCRYPT_DECRYPT,
        KeySettings.of(Algorithm.XAES_256_GCM).withLabels(new TreeMap<>(Map.of("env", "prod"))),
        OptionalInt.of(1),
        time,
        List.of(version));
  }

  @Test
  void documentsWhatIsHashed() throws Exception {
    assertDocumented(rows.canonical());
    assertDocumented(rows.hash());
  }

  @Test
  void documentsWhatWasHashedInFormat1() throws Exception {
    var key = rows.key();
    var old =
        Row.of(
            Table.CRYPTO_KEY,
            key.bytes(0),
            key.text(1),
            key.text(2),
            key.text(3),
            key.text(4),
            key.integer(5),
            key.bytes(6),
            key.integer(7),
            null,
            null,
            null,
            null,
            1);
    var format1 = new KeyRows(old, rows.versions());

    assertDocumented(format1.canonical());
    assertDocumented(format1.hash());
    assertEquals(key(), format1.decode());
  }

  @Test
  void documentsWhatIsAuthenticated() throws Exception {
    var change = new KeyChange(ChangeAction.CREATE_KEY, key(), OptionalInt.of(1));
    var entry = LogEntry.of(1, TIME, "cn:operator", change, rows.hash(), 1);
    try (var keys = storeKeys()) {
      assertDocumented(entry.authenticated(new byte[32]));
      assertDocumented(keys.changeLogMac(1, entry.authenticated(new byte[32])));
    }
  }

  private static StoreKeys storeKeys() {
    return StoreKeys.open(
        STORE, List.of(new WrappedStoreKey(1, "main", STORE_KEY)), new FixedStoreKey());
  }

  @Test
  void documentsWhatIsCounted() throws Exception {
    var version = new VersionId(KEY, 1);
    try (var keys = storeKeys()) {
      var blocks = new CountRows(Table.NONCE_BLOCK, keys, StoreKeys::nonceBlockMac);
      var block = blocks.sealed(version, 256);
      assertDocumented(blocks.canonical(block));
      assertDocumented(block.bytes(4));

      var usages = new CountRows(Table.VERSION_USAGE, keys, StoreKeys::usageMac);
      var usage = usages.sealed(version, 3, TIME);
      assertDocumented(usages.canonical(usage));
      assertDocumented(usage.bytes(5));
    }
  }

  /// The document breaks the bytes into lines and names the fields.
  private static void assertDocumented(byte[] bytes) throws Exception {
    var documented = Files.readString(Path.of("docs/store-format.md")).replaceAll("(?m) *#.*$", "");
    var hex = documented.replaceAll("\\s", "");
    assertEquals(true, hex.contains(HEX.formatHex(bytes)), () -> HEX.formatHex(bytes));
  }

  /// Hands the store key out as it is: its wrapping is not what is shown here.
  private static final class FixedStoreKey implements RootKeyProvider {
    @Override
    public String activeId() {
      return "main";
    }

    @Override
    public byte[] wrap(SecretBytes secret, byte[] aad) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SecretBytes unwrap(String rootKeyId, byte[] wrapped, byte[] aad) {
      return SecretBytes.of(wrapped.clone());
    }
  }
}
