package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CiphertextFormatVectorsTest {
  private static final String NAME = "ciphertext-format-1";

  static List<Vectors> vectors() {
    return Vectors.read(NAME);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void encryptsToTheVector(Vectors vector) {
    var aad = associatedData(vector);

    var sealed = sealWith(vector, vector.hex("nonce"), vector.hex("plaintext"), aad);

    assertArrayEquals(vector.hex("associated_data"), aad);
    assertArrayEquals(
        vector.hex("ciphertext"), CiphertextFormat.encode(vector.number("version"), sealed));
  }

  private static byte[] sealWith(Vectors vector, byte[] nonce, byte[] plaintext, byte[] aad) {
    return switch (primitive(vector)) {
      case XAes256Gcm aead -> aead.sealWith(nonce, plaintext, aad);
      case ShortNonceAead aead -> aead.sealWith(nonce, plaintext, aad);
      case Mac _ -> throw new AssertionError("no cipher");
    };
  }

  private static Primitive primitive(Vectors vector) {
    return algorithm(vector).primitive(vector.secret("key"));
  }

  private static Algorithm algorithm(Vectors vector) {
    return Algorithm.valueOf(vector.string("algorithm"));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void decryptsTheVector(Vectors vector) {
    var parsed = CiphertextFormat.parse(vector.hex("ciphertext"));
    var aead = assertInstanceOf(Aead.class, primitive(vector));

    assertEquals(vector.number("version"), parsed.keyVersion());
    assertArrayEquals(vector.hex("plaintext"), aead.open(parsed.sealed(), associatedData(vector)));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void tinkDecryptsTheVectorWithoutOurCode(Vectors vector) throws GeneralSecurityException {
    var ciphertext = vector.hex("ciphertext");
    var afterHeader = Arrays.copyOfRange(ciphertext, 5, ciphertext.length);

    var plaintext =
        Tink.aead(algorithm(vector), vector.hex("key"))
            .decrypt(afterHeader, vector.hex("associated_data"));

    assertArrayEquals(vector.hex("plaintext"), plaintext);
  }

  @Test
  void everyAlgorithmThatEncryptsHasAVector() {
    var encrypting =
        Stream.of(Algorithm.values())
            .filter(algorithm ->
                algorithm.primitive(SecretBytes.random(algorithm.keyLength())) instanceof Aead)
            .collect(Collectors.toSet());

    assertEquals(
        encrypting,
        vectors().stream().map(CiphertextFormatVectorsTest::algorithm).collect(Collectors.toSet()));
  }

  @Test
  void theDocumentShowsTheVectorsAsTheyAre() throws IOException {
    var document = Files.readString(Path.of("docs/ciphertext-format.md"));

    assertEquals(6, Vectors.blocks(NAME).count());
    Vectors.blocks(NAME)
        .forEach(block -> assertTrue(document.contains("```\n" + block + "\n```"), block));
  }

  private static byte[] associatedData(Vectors vector) {
    return CiphertextFormat.associatedData(
        UUID.fromString(vector.string("uid")),
        vector.number("version"),
        algorithm(vector),
        vector.hex("caller_aad"));
  }
}
