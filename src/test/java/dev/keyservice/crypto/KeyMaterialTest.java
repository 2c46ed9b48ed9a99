package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyMaterialTest {
  private static final byte[] MESSAGE = "attack at dawn".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NONE = {};

  @ParameterizedTest
  @EnumSource
  void isTheSameAfterEncodingAndDecoding(Algorithm algorithm) {
    var material = KeyMaterial.generate(algorithm);
    var encoded = material.encode();

    var decoded = KeyMaterial.decode(algorithm, encoded);

    assertEquals(algorithm, decoded.algorithm());
    assertEquals(1 + algorithm.keyLength(), encoded.length());
    assertEquals(encoded, decoded.encode());
    assertArrayEquals(new byte[] {0x01}, encoded.use(bytes -> Arrays.copyOf(bytes, 1)));
    switch (decoded.primitive()) {
      case Aead aead ->
          assertArrayEquals(MESSAGE, aead.open(aead(material).seal(MESSAGE, NONE), NONE));
      case Mac mac -> assertTrue(mac.verify(MESSAGE, ((Mac) material.primitive()).tag(MESSAGE)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void isNeverGeneratedTwice(Algorithm algorithm) {
    assertNotEquals(
        KeyMaterial.generate(algorithm).encode(), KeyMaterial.generate(algorithm).encode());
  }

  @Test
  void refusesMaterialOfAnotherFormatOrLength() {
    for (var bad :
        new byte[][] {
          {}, {0x01}, new byte[33], tagged(0x02, 33), tagged(0x01, 32), tagged(0x01, 34)
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () -> KeyMaterial.decode(Algorithm.XAES_256_GCM, SecretBytes.of(bad)));
    }
  }

  @Test
  void outlivesTheEncodingThatItCameFrom() {
    var encoded = KeyMaterial.generate(Algorithm.XAES_256_GCM).encode();
    var material = KeyMaterial.decode(Algorithm.XAES_256_GCM, encoded);

    encoded.close();

    assertArrayEquals(MESSAGE, aead(material).open(aead(material).seal(MESSAGE, NONE), NONE));
  }

  @Test
  void doesNothingOnceClosed() {
    var material = KeyMaterial.generate(Algorithm.XAES_256_GCM);
    var aead = aead(material);
    assertSame(material.primitive(), material.primitive());

    material.close();

    assertThrows(IllegalStateException.class, () -> aead.seal(MESSAGE, NONE));
    assertThrows(IllegalStateException.class, material::encode);
  }

  private static Aead aead(KeyMaterial material) {
    return (Aead) material.primitive();
  }

  private static byte[] tagged(int tag, int length) {
    var bytes = new byte[length];
    bytes[0] = (byte) tag;
    return bytes;
  }
}
