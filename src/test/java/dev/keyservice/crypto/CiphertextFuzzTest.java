package dev.keyservice.crypto;

import static dev.keyservice.crypto.Refusals.assertCannotDecrypt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.failure.Failure;
import dev.keyservice.testing.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Nothing opens but what was sealed, with the additional data with which it was sealed.
class CiphertextFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("ciphertexts");

  private static final Algorithm[] ALGORITHMS = {
    Algorithm.XAES_256_GCM,
    Algorithm.AES_256_GCM,
    Algorithm.AES_128_GCM,
    Algorithm.CHACHA20_POLY1305
  };
  private static final UUID UID = UUID.fromString("0f4c1b9e-6d1a-4b53-9a33-1c5e7f20a8d4");
  private static final int VERSION = 7;
  private static final byte[] PLAINTEXT = "attack at dawn".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AAD = "invoice 42".getBytes(StandardCharsets.US_ASCII);

  private static final Map<Algorithm, Aead> AEADS = new EnumMap<>(Algorithm.class);
  private static final Map<Algorithm, byte[]> SEALED = new EnumMap<>(Algorithm.class);

  static {
    for (var algorithm : ALGORITHMS) {
      var key = SecretBytes.of(new byte[algorithm.keyLength()]);
      AEADS.put(algorithm, (Aead) algorithm.primitive(key));
      SEALED.put(algorithm, seal(algorithm));
    }
  }

  @FuzzTest
  void opensOnlyWhatWasSealed(FuzzedDataProvider data) {
    FUZZING.count();
    var algorithm = data.pickValue(ALGORITHMS);
    var aad = data.consumeBoolean() ? AAD : data.consumeBytes(64);
    var ciphertext =
        data.consumeBoolean()
            ? changed(SEALED.get(algorithm), data)
            : data.consumeRemainingAsBytes();

    parsesToWhatEncodesToTheSame(ciphertext);
    if (Arrays.equals(ciphertext, SEALED.get(algorithm)) && Arrays.equals(aad, AAD)) {
      assertArrayEquals(PLAINTEXT, open(algorithm, ciphertext, aad));
    } else {
      assertCannotDecrypt(() -> open(algorithm, ciphertext, aad));
    }
  }

  private static void parsesToWhatEncodesToTheSame(byte[] ciphertext) {
    try {
      var parsed = CiphertextFormat.parse(ciphertext);
      assertArrayEquals(ciphertext, CiphertextFormat.encode(parsed.keyVersion(), parsed.sealed()));
    } catch (Failure.InvalidArgument _) {
      assertCannotDecrypt(() -> CiphertextFormat.parse(ciphertext));
    }
  }

  /// Some bytes replaced, and perhaps cut off or longer.
  private static byte[] changed(byte[] sealed, FuzzedDataProvider data) {
    var bytes = Arrays.copyOf(sealed, data.consumeInt(0, sealed.length + 4));
    while (bytes.length > 0 && data.remainingBytes() > 1) {
      bytes[data.consumeInt(0, bytes.length - 1)] ^= data.consumeByte();
    }
    return bytes;
  }

  /// Always the same, so that an input that is kept says the same in every run.
  private static byte[] seal(Algorithm algorithm) {
    var aad = CiphertextFormat.associatedData(UID, VERSION, algorithm, AAD);
    var sealed =
        switch (AEADS.get(algorithm)) {
          case XAes256Gcm aead -> aead.sealWith(new byte[XAes256Gcm.NONCE_BYTES], PLAINTEXT, aad);
          case ShortNonceAead aead ->
              aead.sealWith(new byte[ShortNonceAead.NONCE_BYTES], PLAINTEXT, aad);
        };
    return CiphertextFormat.encode(VERSION, sealed);
  }

  private static byte[] open(Algorithm algorithm, byte[] ciphertext, byte[] callerAad) {
    var parsed = CiphertextFormat.parse(ciphertext);
    var aad = CiphertextFormat.associatedData(UID, parsed.keyVersion(), algorithm, callerAad);
    return AEADS.get(algorithm).open(parsed.sealed(), aad);
  }
}
