package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HmacSha256Test {
  private static final byte[] DATA = "invoice 42".getBytes(StandardCharsets.US_ASCII);

  private final SecretBytes key = SecretBytes.random(32);

  static List<Vectors> published() {
    return Vectors.read("hmac-sha256");
  }

  @ParameterizedTest
  @MethodSource("published")
  void agreesWithThePublishedVectors(Vectors vector) {
    assertArrayEquals(vector.hex("tag"), HmacSha256.mac(vector.secret("key"), vector.hex("data")));
    assertTrue(HmacSha256.verify(vector.secret("key"), vector.hex("data"), vector.hex("tag")));
  }

  @Test
  void refusesEveryOtherTagDataAndKey() {
    var tag = HmacSha256.mac(key, DATA);

    assertTrue(HmacSha256.verify(key, DATA, tag));
    Mutations.all(tag).forEach(bad -> assertFalse(HmacSha256.verify(key, DATA, bad)));
    Mutations.all(DATA).forEach(bad -> assertFalse(HmacSha256.verify(key, bad, tag)));
    Mutations.flips(key.use(byte[]::clone))
        .forEach(bad -> assertFalse(HmacSha256.verify(SecretBytes.of(bad), DATA, tag)));
  }
}
