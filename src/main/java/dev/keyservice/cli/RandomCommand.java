package dev.keyservice.cli;

import dev.keyservice.v1.GenerateRandomBytesRequest;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice random`: bytes of the service's secure generator.
@Command(name = "random", description = "Draw random bytes.")
final class RandomCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(paramLabel = "BYTES", description = "How many, 1 to 1,024.")
  private int length;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write to FILE, not standard output. The file appears whole or not at all.")
  private @Nullable Path out;

  @Override
  public void run() {
    var request = GenerateRandomBytesRequest.newBuilder().setLengthBytes(length).build();
    try (var client = program.connect()) {
      var answer = client.crypto().generateRandomBytes(request);
      DataFiles.output(program.shell(), out, answer.getData().toByteArray(), true);
    }
  }
}
