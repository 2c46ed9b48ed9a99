package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.DecryptRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice decrypt`: ciphertext in, plaintext out.
@Command(name = "decrypt", description = "Decrypt what encrypt returned.")
final class DecryptCommand implements Runnable {
  private static final int LARGEST_CIPHERTEXT = 66_560;
  private static final String TOO_LARGE =
      "is larger than 66,560 bytes, and so no ciphertext of this service";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(paramLabel = "RING/KEY", description = "The key. The ciphertext says which version.")
  private KeyPath key = new KeyPath("", "", null);

  @Mixin private DataFiles files = new DataFiles();

  @Mixin private AadFile aad = new AadFile();

  @Override
  public void run() {
    var request =
        DecryptRequest.newBuilder()
            .setName(key.keyOnly().resource())
            .setCiphertext(
                ByteString.copyFrom(files.input(program.shell(), LARGEST_CIPHERTEXT, TOO_LARGE)))
            .setAdditionalAuthenticatedData(aad.bytes())
            .build();
    try (var client = program.connect()) {
      var answer = client.crypto().decrypt(request);
      files.output(program.shell(), answer.getPlaintext().toByteArray(), true);
    }
  }
}
