package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HkdfTest {
  private static final byte[] SALT = "salt".getBytes(StandardCharsets.US_ASCII);

  static List<Vectors> published() {
    return Vectors.read("hkdf-sha256");
  }

  @ParameterizedTest
  @MethodSource("published")
  void agreesWithThePublishedVectors(Vectors vector) {
    var expected = vector.secret("okm");

    var derived =
        Hkdf.sha256(
            vector.secret("ikm"), vector.hex("salt"), vector.hex("info"), expected.length());

    assertEquals(expected, derived);
  }

  @Test
  void givesEveryUseAnotherKey() {
    var ikm = SecretBytes.random(32);

    var one = Hkdf.sha256(ikm, SALT, "one", 32);

    assertEquals(one, Hkdf.sha256(ikm, SALT, "one", 32));
    assertNotEquals(one, Hkdf.sha256(ikm, SALT, "two", 32));
    assertNotEquals(one, Hkdf.sha256(ikm, new byte[0], "one", 32));
    assertNotEquals(one, Hkdf.sha256(SecretBytes.random(32), SALT, "one", 32));
  }

  @Test
  void refusesALengthThatHkdfCannotGive() {
    var ikm = SecretBytes.random(32);

    assertEquals(8160, Hkdf.sha256(ikm, SALT, "info", 8160).length());
    assertThrows(IllegalStateException.class, () -> Hkdf.sha256(ikm, SALT, "info", 8161));
  }
}
