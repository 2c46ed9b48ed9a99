package dev.keyservice.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.Mutations;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.failure.SettingRefused;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// What every [RootKeyProvider] promises. A new one inherits this class.
abstract class RootKeyProviderContract {
  private static final byte[] AAD = "store 1".getBytes(StandardCharsets.US_ASCII);

  private final SecretBytes secret = SecretBytes.random(32);

  /// A provider that holds the root keys `one` and `two`, the same at every call.
  ///
  /// @param id which of the two wraps
  abstract RootKeyProvider withActive(String id);

  @Test
  final void opensWhatItWrapped() {
    var root = withActive("one");

    var wrapped = root.wrap(secret, AAD);

    assertEquals("one", root.activeId());
    assertEquals(secret, root.unwrap("one", wrapped, AAD));
  }

  @Test
  final void opensWhatAnotherRootKeyWrappedBefore() {
    var wrapped = withActive("one").wrap(secret, AAD);

    var root = withActive("two");

    assertEquals("two", root.activeId());
    assertEquals(secret, root.unwrap("one", wrapped, AAD));
    assertRefused(() -> root.unwrap("two", wrapped, AAD));
  }

  @Test
  final void refusesEveryChangeOfWhatItWrapped() {
    var root = withActive("one");
    var wrapped = root.wrap(secret, AAD);

    Mutations.all(wrapped).forEach(bad -> assertRefused(() -> root.unwrap("one", bad, AAD)));
  }

  @Test
  final void refusesEveryOtherAssociatedData() {
    var root = withActive("one");
    var wrapped = root.wrap(secret, AAD);

    Mutations.all(AAD).forEach(bad -> assertRefused(() -> root.unwrap("one", wrapped, bad)));
  }

  @Test
  final void refusesARootKeyThatItDoesNotHave() {
    var root = withActive("one");
    var wrapped = root.wrap(secret, AAD);

    for (var id : new String[] {"three", "One", "", "../one", "one.key"}) {
      assertRefused(() -> root.unwrap(id, wrapped, AAD));
    }
  }

  @Test
  final void neverWrapsToTheSameBytesTwice() {
    var root = withActive("one");

    assertFalse(Arrays.equals(root.wrap(secret, AAD), root.wrap(secret, AAD)));
  }

  @Test
  final void leavesTheSecretToItsOwnerAndKeepsItToItself() {
    var root = withActive("one");
    var hex = secret.use(HexFormat.of()::formatHex);

    var wrapped = root.wrap(secret, AAD);
    root.unwrap("one", wrapped, AAD).close();

    assertEquals(hex, secret.use(HexFormat.of()::formatHex));
    assertFalse(HexFormat.of().formatHex(wrapped).contains(hex));
  }

  private static void assertRefused(Executable call) {
    var refused = assertThrows(SettingRefused.class, call);
    assertEquals("KEYSERVICE_ROOT_KEYS_DIR", refused.setting());
  }
}
