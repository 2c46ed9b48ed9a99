package dev.keyservice.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CryptoKeyVersionNameTest {
  @ParameterizedTest
  @CsvSource({
    "ring, key",
    "cryptoKeyVersions, key",
    "ring, cryptoKeyVersions",
    "cryptoKeyVersions, cryptoKeyVersions",
    "cryptoKeys, cryptoKeys",
    "keyRings, keyRings",
    "cryptoKeys, cryptoKeyVersions",
    "cryptoKeyVersions, cryptoKeys",
  })
  void tellsAKeyFromItsVersionsWhateverItAndItsRingAreCalled(String ring, String id) {
    var key = new CryptoKeyName(ring, id);
    var version = key.version(12);

    assertFalse(CryptoKeyVersionName.names(key.resource()));
    assertEquals(key, CryptoKeyVersionName.keyOf("name", key.resource()));
    assertTrue(CryptoKeyVersionName.names(version.resource()));
    assertEquals(key, CryptoKeyVersionName.keyOf("name", version.resource()));
    assertEquals(version, CryptoKeyVersionName.parse("name", version.resource()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "keyRings/r/cryptoKeys/k",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/0",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/01",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/+1",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/1000000000",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/1/",
        "keyRings/r/cryptoKeys/k/cryptoKeyVersions/1/cryptoKeyVersions/2",
        "keyRings/cryptoKeyVersions/1",
        "cryptoKeyVersions/1",
        "/cryptoKeyVersions/1",
      })
  void refusesWhatIsTheNameOfNoVersion(String resource) {
    var refused =
        assertThrows(
            Failure.InvalidArgument.class, () -> CryptoKeyVersionName.parse("name", resource));

    assertEquals("name", refused.violations().getFirst().field());
  }
}
