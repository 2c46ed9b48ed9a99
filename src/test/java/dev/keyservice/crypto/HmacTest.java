package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Hmac.Hash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class HmacTest {
  private static final byte[] MESSAGE = "invoice 42".getBytes(StandardCharsets.US_ASCII);

  static List<Vectors> published() {
    return Vectors.read("hmac");
  }

  @ParameterizedTest
  @MethodSource("published")
  void agreesWithThePublishedVectors(Vectors vector) {
    var hmac = new Hmac(Hash.valueOf(vector.string("hash")), vector.secret("key"));

    assertArrayEquals(vector.hex("tag"), hmac.tag(vector.hex("data")));
    assertTrue(hmac.verify(vector.hex("data"), vector.hex("tag")));
  }

  @ParameterizedTest
  @EnumSource
  void refusesEveryOtherTagAndMessage(Hash hash) {
    var hmac = new Hmac(hash, SecretBytes.random(32));
    var tag = hmac.tag(MESSAGE);

    assertTrue(hmac.verify(MESSAGE, tag));
    Mutations.all(tag).forEach(bad -> assertFalse(hmac.verify(MESSAGE, bad)));
    Mutations.all(MESSAGE).forEach(bad -> assertFalse(hmac.verify(bad, tag)));
  }
}
