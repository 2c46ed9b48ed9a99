package dev.keyservice.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice batch`: many items, a line of JSON each, in and out.
@Command(
    name = "batch",
    description = {
      "Encrypts, decrypts or re-encrypts lines of JSON from standard input.",
      "Each is an item in proto3 JSON, bytes in base64; each gets a line with its result or error."
    },
    synopsisSubcommandLabel = "COMMAND")
final class BatchCommand {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Command(description = "Encrypt {\"plaintext\": …, \"additionalAuthenticatedData\": …}.")
  void encrypt(@Parameters(paramLabel = "RING/KEY[/VERSION]") KeyPath key) {
    run(BatchMethod.encrypt(key));
  }

  @Command(description = "Decrypt {\"ciphertext\": …, \"additionalAuthenticatedData\": …}.")
  void decrypt(@Parameters(paramLabel = "RING/KEY") KeyPath key) {
    run(BatchMethod.decrypt(key));
  }

  @Command(
      description =
          "Re-encrypt {\"ciphertext\": …, \"sourceAdditionalAuthenticatedData\": …,"
              + " \"destinationAdditionalAuthenticatedData\": …}.")
  void reencrypt(
      @Parameters(paramLabel = "RING/KEY", description = "The key that encrypted.") KeyPath from,
      @Parameters(paramLabel = "RING/KEY[/VERSION]", description = "The key that is to encrypt.")
          KeyPath to) {
    run(BatchMethod.reEncrypt(from, to));
  }

  private void run(BatchMethod<?, ?> method) {
    var tally = new Tally(program.shell());
    try (var client = program.connect()) {
      new BatchRun<>(method, new ItemLines("standard input", program.shell().in()))
          .run(client, tally);
    }
    tally.end();
  }

  /// Prints the results and counts them.
  private static final class Tally implements BatchRun.Results {
    private final Shell shell;
    private long items;
    private long failures;

    Tally(Shell shell) {
      this.shell = shell;
    }

    @Override
    public void take(List<String> json, int failed) {
      items += json.size();
      failures += failed;
      try {
        var lines = String.join("\n", json) + "\n";
        shell.out().write(lines.getBytes(StandardCharsets.UTF_8));
        shell.out().flush();
      } catch (IOException e) {
        throw new UsageError("standard output cannot be written");
      }
    }

    void end() {
      if (failures > 0) {
        throw new NotAsExpected(failures + " of " + items + " items failed");
      }
    }
  }
}
