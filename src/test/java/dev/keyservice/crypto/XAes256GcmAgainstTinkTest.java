package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class XAes256GcmAgainstTinkTest {
  private static final int ROUNDS = Boolean.getBoolean("proof.full") ? 100_000 : 500;

  private final RandomGenerator random = RandomGenerator.getDefault();

  @Test
  void tinkOpensWhatWeSealAndWeOpenWhatTinkSeals() throws GeneralSecurityException {
    for (var i = 0; i < ROUNDS; i++) {
      var key = bytes(32);
      var plaintext = bytes(random.nextInt(200));
      var aad = bytes(random.nextInt(50));
      var ours = new XAes256Gcm(SecretBytes.of(key));
      var theirs = Tink.xAes256Gcm(key);

      assertArrayEquals(plaintext, theirs.decrypt(ours.seal(plaintext, aad), aad), hex(key));
      assertArrayEquals(plaintext, ours.open(theirs.encrypt(plaintext, aad), aad), hex(key));
    }
    if (ROUNDS > 500) {
      System.out.println(
          "proof: " + ROUNDS + " messages of ours opened by Tink and as many of its by us");
    }
  }

  @Test
  void bothLayTheNonceBeforeTheCiphertextAndTheTagBehindIt() throws GeneralSecurityException {
    var key = bytes(32);

    assertEquals(24 + 5 + 16, Tink.xAes256Gcm(key).encrypt(new byte[5], new byte[0]).length);
    assertEquals(
        24 + 5 + 16, new XAes256Gcm(SecretBytes.of(key)).seal(new byte[5], new byte[0]).length);
  }

  private byte[] bytes(int length) {
    var bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String hex(byte[] key) {
    return HexFormat.of().formatHex(key);
  }
}
