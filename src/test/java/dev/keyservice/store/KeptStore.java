package dev.keyservice.store;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.KeyLifecycle;
import dev.keyservice.key.KeySettings;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.UsableVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Makes a store to be kept as test data: see `src/test/resources/stores/format-1/README.md`.
final class KeptStore {
  private static final HexFormat HEX = HexFormat.of();

  private KeptStore() {}

  /// Makes it in the directory that is named, which must be empty.
  public static void main(String[] arguments) throws IOException {
    var directory = Path.of(arguments[0]);
    var ciphertexts =
        new StringBuilder("# Made together with the store; each must decrypt for ever.\n");
    try (var store = TestStore.in(directory)) {
      create(store, "payments/cards", Map.of("env", "prod", "owner", "zoë"));
      create(store, "payments/ledger", Map.of());
      create(store, "a/_-Z9", Map.of("empty", ""));
      for (var path : List.of("payments/cards", "payments/ledger", "a/_-Z9")) {
        var version = store.keyring().primary(TestStore.name(path)).await().indefinitely();
        ciphertexts.append(sealed(path, version, "attack at dawn", "order 66"));
        ciphertexts.append(sealed(path, version, "", ""));
      }
    }
    Files.writeString(directory.resolve("ciphertexts.txt"), ciphertexts);
  }

  private static void create(TestStore store, String path, Map<String, String> labels) {
    var _ =
        store
            .lifecycle()
            .create(
                new KeyLifecycle.NewKey(
                    TestStore.name(path),
                    Purpose.ENCRYPT_DECRYPT,
                    KeySettings.of(Algorithm.XAES_256_GCM).withLabels(new TreeMap<>(labels)),
                    true),
                ChangeTerms.of("cn:operator"))
            .await()
            .indefinitely();
  }

  private static String sealed(String path, UsableVersion version, String text, String aadText) {
    var plaintext = text.getBytes(StandardCharsets.US_ASCII);
    var aad = aadText.getBytes(StandardCharsets.US_ASCII);
    var number = version.name().version();
    var bound = CiphertextFormat.associatedData(version.keyUid(), number, version.algorithm(), aad);
    var ciphertext =
        CiphertextFormat.encode(number, version.seal(plaintext, bound).await().indefinitely());
    return """

    key: %s
    plaintext: %s
    aad: %s
    ciphertext: %s
    """
        .formatted(path, HEX.formatHex(plaintext), HEX.formatHex(aad), HEX.formatHex(ciphertext));
  }
}
