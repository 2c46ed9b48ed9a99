package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
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
    var aead = new XAes256Gcm(vector.secret("key"));
    var aad = associatedData(vector);

    var sealed = aead.sealWith(vector.hex("nonce"), vector.hex("plaintext"), aad);

    assertArrayEquals(vector.hex("associated_data"), aad);
    assertArrayEquals(
        vector.hex("ciphertext"), CiphertextFormat.encode(vector.number("version"), sealed));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void decryptsTheVector(Vectors vector) {
    var parsed = CiphertextFormat.parse(vector.hex("ciphertext"));
    var aead = new XAes256Gcm(vector.secret("key"));

    assertEquals(vector.number("version"), parsed.keyVersion());
    assertArrayEquals(vector.hex("plaintext"), aead.open(parsed.sealed(), associatedData(vector)));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void tinkDecryptsTheVectorWithoutOurCode(Vectors vector) throws GeneralSecurityException {
    var ciphertext = vector.hex("ciphertext");
    var afterHeader = Arrays.copyOfRange(ciphertext, 5, ciphertext.length);

    var plaintext =
        Tink.xAes256Gcm(vector.hex("key")).decrypt(afterHeader, vector.hex("associated_data"));

    assertArrayEquals(vector.hex("plaintext"), plaintext);
  }

  @Test
  void theDocumentShowsTheVectorsAsTheyAre() throws IOException {
    var document = Files.readString(Path.of("docs/ciphertext-format.md"));

    assertEquals(3, Vectors.blocks(NAME).count());
    Vectors.blocks(NAME)
        .forEach(block -> assertTrue(document.contains("```\n" + block + "\n```"), block));
  }

  private static byte[] associatedData(Vectors vector) {
    return CiphertextFormat.associatedData(
        UUID.fromString(vector.string("uid")),
        vector.number("version"),
        Algorithm.XAES_256_GCM,
        vector.hex("caller_aad"));
  }
}
