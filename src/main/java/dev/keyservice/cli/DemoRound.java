package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.EncryptRequest;
import java.io.PrintStream;

/// The steps that every demonstration has, each one line, or a failure at the first that does not
/// end as it should. They write no file.
final class DemoRound {
  static final KeyPath KEY = new KeyPath("demo", "letters", null);
  static final ByteString LETTER =
      ByteString.copyFromUtf8("Dear friend, only those who may can read this.\n");

  private final PrintStream out;
  private final KeyServiceClient client;

  DemoRound(PrintStream out, KeyServiceClient client) {
    this.out = out;
    this.client = client;
  }

  void createKey() {
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent(KEY.ringResource())
            .setCryptoKeyId(KEY.key())
            .setCryptoKey(
                CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT).build())
            .build();
    var key = client.keys().createCryptoKey(request);
    var algorithm = key.getPrimary().getAlgorithm();
    step(out, "Created the key " + KeyPath.shortened(key.getName()) + " (" + algorithm + ").");
  }

  void encryptAndDecrypt() {
    var ciphertext = client.crypto().encrypt(encryption()).getCiphertext();
    if (ciphertext.isEmpty() || ciphertext.equals(LETTER)) {
      throw new NotAsExpected("what was encrypted is still in the clear");
    }
    step(out, "Encrypted a letter: " + LETTER.size() + " bytes became " + ciphertext.size() + ".");
    var request =
        DecryptRequest.newBuilder().setName(KEY.resource()).setCiphertext(ciphertext).build();
    var plaintext = client.crypto().decrypt(request).getPlaintext();
    if (!plaintext.equals(LETTER)) {
      throw new NotAsExpected("what was decrypted is not what was encrypted");
    }
    step(out, "Decrypted it again: the same " + plaintext.size() + " bytes.");
  }

  static EncryptRequest encryption() {
    return EncryptRequest.newBuilder().setName(KEY.resource()).setPlaintext(LETTER).build();
  }

  static void step(PrintStream out, String line, String... more) {
    out.println("- " + line);
    for (var text : more) {
      out.println("    " + text);
    }
  }
}
