package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.mac.HmacParameters.HashType;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Keys of the MAC algorithms against an HMAC that others wrote.
class HmacAgainstTinkTest {
  private static final int ROUNDS = Boolean.getBoolean("proof.full") ? 100_000 : 500;

  private final RandomGenerator random = RandomGenerator.getDefault();

  @ParameterizedTest
  @CsvSource({"HMAC_SHA256, 32", "HMAC_SHA384, 48", "HMAC_SHA512, 64"})
  void tinkMakesTheSameTagsAndVerifiesOurs(Algorithm algorithm, int length)
      throws GeneralSecurityException {
    for (var i = 0; i < ROUNDS; i++) {
      var message = new byte[random.nextInt(300)];
      random.nextBytes(message);
      try (var material = KeyMaterial.generate(algorithm)) {
        var ours = (Mac) material.primitive();
        var theirs = Tink.hmac(hash(algorithm), length, raw(material));

        var tag = ours.tag(message);

        assertEquals(length, tag.length);
        assertArrayEquals(theirs.computeMac(message), tag);
        theirs.verifyMac(tag, message);
        assertTrue(ours.verify(message, tag));
        tag[i % length] ^= 1;
        assertThrows(GeneralSecurityException.class, () -> theirs.verifyMac(tag, message));
      }
    }
    if (ROUNDS > 500) {
      System.out.println("proof: " + ROUNDS + " tags of " + algorithm + " the same as Tink's");
    }
  }

  private static HashType hash(Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA384 -> HashType.SHA384;
      case HMAC_SHA512 -> HashType.SHA512;
      default -> HashType.SHA256;
    };
  }

  private static byte[] raw(KeyMaterial material) {
    try (var encoded = material.encode()) {
      return encoded.use(bytes -> Arrays.copyOfRange(bytes, 1, bytes.length));
    }
  }
}
