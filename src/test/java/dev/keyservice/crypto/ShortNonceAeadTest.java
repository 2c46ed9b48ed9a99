package dev.keyservice.crypto;

import static dev.keyservice.crypto.Refusals.assertCannotDecrypt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.crypto.ShortNonceAead.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ShortNonceAeadTest {
  private static final int SEALS = Boolean.getBoolean("proof.full") ? 1_000_000 : 10_000;
  private static final byte[] PLAINTEXT = "attack at dawn".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AAD = "invoice 42".getBytes(StandardCharsets.US_ASCII);

  private final SecretBytes key = SecretBytes.random(32);

  record Published(Kind kind, Vectors vector) {}

  static Stream<Published> published() {
    return Stream.concat(
        published(Kind.AES_GCM, Vectors.read("aes-gcm")),
        published(Kind.CHACHA20_POLY1305, Vectors.read("chacha20-poly1305")));
  }

  private static Stream<Published> published(Kind kind, List<Vectors> vectors) {
    return vectors.stream().map(vector -> new Published(kind, vector));
  }

  @ParameterizedTest
  @MethodSource("published")
  void agreesWithThePublishedVectors(Published published) {
    var vector = published.vector();
    var aead = new ShortNonceAead(published.kind(), vector.secret("key"));

    var sealed = aead.sealWith(vector.hex("nonce"), vector.hex("plaintext"), vector.hex("aad"));

    assertArrayEquals(vector.hex("nonce"), Arrays.copyOf(sealed, 12));
    assertArrayEquals(vector.hex("ciphertext"), Arrays.copyOfRange(sealed, 12, sealed.length));
    assertArrayEquals(vector.hex("plaintext"), aead.open(sealed, vector.hex("aad")));
  }

  @ParameterizedTest
  @EnumSource
  void opensWhatItSealedOfAnyLength(Kind kind) {
    var aead = new ShortNonceAead(kind, key);
    for (var length : new int[] {0, 1, 15, 16, 17, 63, 64, 65, 65_536}) {
      var plaintext = new byte[length];
      Arrays.fill(plaintext, (byte) length);

      var sealed = aead.seal(plaintext, AAD);

      assertEquals(12 + length + 16, sealed.length);
      assertArrayEquals(plaintext, aead.open(sealed, AAD));
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesEveryOtherCiphertextAssociatedDataAndKey(Kind kind) {
    var aead = new ShortNonceAead(kind, key);
    var sealed = aead.seal(PLAINTEXT, AAD);

    Mutations.all(sealed).forEach(bad -> assertCannotDecrypt(() -> aead.open(bad, AAD)));
    Mutations.all(AAD).forEach(bad -> assertCannotDecrypt(() -> aead.open(sealed, bad)));
    Mutations.flips(key.use(byte[]::clone))
        .map(bytes -> new ShortNonceAead(kind, SecretBytes.of(bytes)))
        .forEach(other -> assertCannotDecrypt(() -> other.open(sealed, AAD)));
  }

  @ParameterizedTest
  @EnumSource
  void neverSealsTwiceUnderOneNonce(Kind kind) {
    var aead = new ShortNonceAead(kind, key);
    var nonces = new HashSet<ByteBuffer>();
    for (var i = 0; i < SEALS; i++) {
      nonces.add(ByteBuffer.wrap(Arrays.copyOf(aead.seal(new byte[0], new byte[0]), 12)));
    }

    assertEquals(SEALS, nonces.size());
  }

  @ParameterizedTest
  @EnumSource
  void refusesToWorkWhenItsKeyIsClosed(Kind kind) {
    var aead = new ShortNonceAead(kind, key);
    var sealed = aead.seal(PLAINTEXT, AAD);
    key.close();

    assertThrows(IllegalStateException.class, () -> aead.seal(PLAINTEXT, AAD));
    assertThrows(IllegalStateException.class, () -> aead.open(sealed, AAD));
  }
}
