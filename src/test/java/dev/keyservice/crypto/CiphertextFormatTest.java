package dev.keyservice.crypto;

import static dev.keyservice.crypto.Refusals.assertCannotDecrypt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CiphertextFormatTest {
  private static final UUID UID = UUID.fromString("0f4c1b9e-6d1a-4b53-9a33-1c5e7f20a8d4");
  private static final byte[] PLAINTEXT = "attack at dawn".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AAD = "invoice 42".getBytes(StandardCharsets.US_ASCII);

  private final XAes256Gcm aead = new XAes256Gcm(SecretBytes.random(32));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 255, 256, 65_536, Integer.MAX_VALUE})
  void opensWhatWasEncrypted(int version) {
    var ciphertext = encrypt(version);

    assertEquals(version, CiphertextFormat.parse(ciphertext).keyVersion());
    assertArrayEquals(PLAINTEXT, decrypt(ciphertext, UID, AAD));
  }

  @Test
  void refusesEveryFlippedBitEveryTruncationAndEveryExtension() {
    Mutations.all(encrypt(1)).forEach(bad -> assertCannotDecrypt(() -> decrypt(bad, UID, AAD)));
  }

  @Test
  void refusesEveryOtherFirstByte() {
    var ciphertext = encrypt(1);
    for (var first = 0; first < 256; first++) {
      var other = ciphertext.clone();
      other[0] = (byte) first;
      if (first != 1) {
        assertCannotDecrypt(() -> CiphertextFormat.parse(other));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void refusesAVersionThatCannotBe(int version) {
    var ciphertext = ByteBuffer.wrap(encrypt(1)).putInt(1, version).array();

    assertCannotDecrypt(() -> CiphertextFormat.parse(ciphertext));
    assertThrows(
        IllegalArgumentException.class, () -> CiphertextFormat.encode(version, new byte[40]));
  }

  @Test
  void refusesAHeaderThatIsCutShort() {
    for (var length = 0; length < 5; length++) {
      var header = Arrays.copyOf(encrypt(1), length);
      assertCannotDecrypt(() -> CiphertextFormat.parse(header));
    }
  }

  @Test
  void refusesACiphertextOfAnotherVersionUnderTheSameMaterial() {
    var ciphertext = ByteBuffer.wrap(encrypt(1)).putInt(1, 2).array();

    assertCannotDecrypt(() -> decrypt(ciphertext, UID, AAD));
  }

  @Test
  void refusesACiphertextOfAnotherKeyWithTheSameMaterial() {
    var ciphertext = encrypt(1);
    var low = UID.getLeastSignificantBits();
    var high = UID.getMostSignificantBits();

    for (var bit = 0; bit < 64; bit++) {
      var oneLow = new UUID(high, low ^ 1L << bit);
      var oneHigh = new UUID(high ^ 1L << bit, low);
      assertCannotDecrypt(() -> decrypt(ciphertext, oneLow, AAD));
      assertCannotDecrypt(() -> decrypt(ciphertext, oneHigh, AAD));
    }
  }

  @Test
  void refusesACiphertextOfAnotherAlgorithmUnderTheSameMaterial() {
    // Both keys are 32 bytes: only the name of the algorithm tells them apart.
    var aad = CiphertextFormat.associatedData(UID, 1, Algorithm.AES_256_GCM, AAD);
    var ciphertext = CiphertextFormat.encode(1, aead.seal(PLAINTEXT, aad));

    assertCannotDecrypt(() -> decrypt(ciphertext, UID, AAD));
  }

  @Test
  void refusesEveryOtherAdditionalData() {
    var ciphertext = encrypt(1);

    Mutations.all(AAD).forEach(bad -> assertCannotDecrypt(() -> decrypt(ciphertext, UID, bad)));
  }

  @Test
  void refusesWhatWasSealedWithoutTheHeaderInMind() {
    var bare = CiphertextFormat.encode(1, aead.seal(PLAINTEXT, AAD));

    assertCannotDecrypt(() -> decrypt(bare, UID, AAD));
  }

  @Test
  void comparesParsedCiphertextsByContentAndDoesNotPrintIt() {
    var ciphertext = encrypt(7);
    var parsed = CiphertextFormat.parse(ciphertext);

    assertEquals(parsed, CiphertextFormat.parse(ciphertext.clone()));
    assertEquals(parsed.hashCode(), CiphertextFormat.parse(ciphertext.clone()).hashCode());
    assertNotEquals(parsed, CiphertextFormat.parse(encrypt(7)));
    assertEquals("Parsed[keyVersion=7, 54 bytes]", parsed.toString());
  }

  @Test
  void namesAlgorithmsInAsciiSoThatOneByteIsOneLetter() {
    for (var algorithm : Algorithm.values()) {
      assertFalse(
          algorithm.name().chars().anyMatch(letter -> letter < '0' || letter > '_'),
          algorithm.name());
    }
    assertEquals(
        List.of(
            "XAES_256_GCM",
            "AES_256_GCM",
            "AES_128_GCM",
            "CHACHA20_POLY1305",
            "HMAC_SHA256",
            "HMAC_SHA384",
            "HMAC_SHA512"),
        Stream.of(Algorithm.values()).map(Enum::name).toList());
  }

  private byte[] encrypt(int version) {
    var aad = CiphertextFormat.associatedData(UID, version, Algorithm.XAES_256_GCM, AAD);
    return CiphertextFormat.encode(version, aead.seal(PLAINTEXT, aad));
  }

  private byte[] decrypt(byte[] ciphertext, UUID uid, byte[] callerAad) {
    var parsed = CiphertextFormat.parse(ciphertext);
    return aead.open(
        parsed.sealed(),
        CiphertextFormat.associatedData(
            uid, parsed.keyVersion(), Algorithm.XAES_256_GCM, callerAad));
  }
}
