package dev.keyservice.cli;

import dev.keyservice.v1.GenerateDataKeyRequest;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice datakey`: a key to encrypt with outside of the service, and the same encrypted.
@Command(
    name = "datakey",
    description = {
      "Make a random key to encrypt with yourself, in the clear and encrypted.",
      "Keep the encrypted one beside your data: 'decrypt' gives the key back."
    })
final class DataKeyCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(
      paramLabel = "RING/KEY[/VERSION]",
      description = "The key that encrypts it, with its primary version or with that one.")
  private KeyPath key = new KeyPath("", "", null);

  @Option(
      names = "--length",
      paramLabel = "BYTES",
      defaultValue = "32",
      description = "Its length, 16 to 64. Default: ${DEFAULT-VALUE}.")
  private int length;

  @Option(
      names = "--encrypted-out",
      paramLabel = "FILE",
      description = "Where the encrypted one goes.")
  private @Nullable Path encrypted;

  @Option(
      names = "--without-plaintext",
      description = "Only the encrypted one is made known; it goes to --out or standard output.")
  private boolean secretly;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write to FILE, not standard output. The file appears whole or not at all.")
  private @Nullable Path out;

  @Mixin private AadFile aad = new AadFile();

  @Override
  public void run() {
    if (secretly == (encrypted != null)) {
      throw new UsageError("give either --encrypted-out or --without-plaintext");
    }
    var request =
        GenerateDataKeyRequest.newBuilder()
            .setName(key.resource())
            .setLengthBytes(length)
            .setAdditionalAuthenticatedData(aad.bytes())
            .setWithoutPlaintext(secretly)
            .build();
    try (var client = program.connect()) {
      var answer = client.crypto().generateDataKey(request);
      var ciphertext = answer.getCiphertext().toByteArray();
      if (encrypted == null) {
        DataFiles.output(program.shell(), out, ciphertext, false);
        return;
      }
      // First what is needed to use the other.
      DataFiles.save(encrypted, ciphertext, false);
      DataFiles.output(program.shell(), out, answer.getPlaintext().toByteArray(), true);
    }
  }
}
