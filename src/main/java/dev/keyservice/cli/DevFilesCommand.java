package dev.keyservice.cli;

import dev.keyservice.maintenance.DevEnvironment;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `keyservice dev-files`: what a service and its first caller need for a trial, where there is
/// neither a shell nor openssl, as in a container.
@Command(
    name = "dev-files",
    description =
        "Make certificates, a root key and a policy to try the service with. Not for production: one"
            + " certificate may do everything. What is there and good stays; certificates that end"
            + " within a week are renewed.")
final class DevFilesCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Parameters(paramLabel = "DIR", description = "Where to put them; made when it is missing.")
  private Path directory = Path.of("");

  @Override
  public void run() {
    var files = prepare(directory);
    var out = program.shell().text();
    out.println("Made in " + files.directory() + ", or found there:");
    out.println("  ca.pem, server.pem and server-key.pem, for localhost and the host keyservice");
    out.println("  dev-client.pem and dev-client-key.pem, whom policy.yaml lets do everything");
    out.println("  nobody.pem and nobody-key.pem, whom it does not name");
    out.println("  root-keys/" + files.rootKeyId() + ".key");
  }

  private static DevEnvironment prepare(Path directory) {
    try {
      return DevEnvironment.prepare(directory);
    } catch (UncheckedIOException e) {
      throw new UsageError("the files cannot be made in " + directory + ": " + e.getMessage());
    }
  }
}
