package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.EncryptRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice encrypt`: plaintext in, ciphertext out.
@Command(name = "encrypt", description = "Encrypt up to 64 KiB.")
final class EncryptCommand implements Runnable {
  private static final int LARGEST_PLAINTEXT = 65_536;
  private static final String TOO_LARGE =
      "is larger than 65,536 bytes, the most that one call encrypts; split it and encrypt each"
          + " piece, or encrypt it with a key of your own and encrypt that key here";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(
      paramLabel = "RING/KEY[/VERSION]",
      description = "The key, whose primary version is used, or one of its versions.")
  private KeyPath key = new KeyPath("", "", null);

  @Mixin private DataFiles files = new DataFiles();

  @Mixin private AadFile aad = new AadFile();

  @Override
  public void run() {
    var request =
        EncryptRequest.newBuilder()
            .setName(key.resource())
            .setPlaintext(
                ByteString.copyFrom(files.input(program.shell(), LARGEST_PLAINTEXT, TOO_LARGE)))
            .setAdditionalAuthenticatedData(aad.bytes())
            .build();
    try (var client = program.connect()) {
      var answer = client.crypto().encrypt(request);
      files.output(program.shell(), answer.getCiphertext().toByteArray(), false);
    }
  }
}
