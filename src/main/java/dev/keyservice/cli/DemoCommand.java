package dev.keyservice.cli;

import dev.keyservice.maintenance.DevEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/// `keyservice demo`: the whole round against a service of its own, which needs nothing and leaves
/// nothing behind.
@Command(
    name = "demo",
    description = "Show the whole round against a temporary service, over mutual TLS.")
final class DemoCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Override
  public void run() {
    var command = ThisProgram.serve();
    var directory = temporaryDirectory();
    // Also when the demonstration is interrupted: no process and no key stays behind.
    try (var cleanup = new Cleanup(() -> delete(directory))) {
      show(command, directory, cleanup);
    }
  }

  private void show(List<String> command, Path directory, Cleanup cleanup) {
    var out = program.shell().text();
    var environment = DevEnvironment.prepare(directory.resolve("service"));
    var strangers = DevEnvironment.prepare(directory.resolve("strangers"));
    out.println("Made certificates, a root key and a policy in " + directory);
    out.println("  (deleted at the end).");
    try (var service = ServiceProcess.start(command, environment)) {
      cleanup.first(service::close);
      try {
        var address = service.awaitReady();
        out.println("Started the service as a process of its own at " + address + ".");
        new Demo(out, environment, strangers, address).show(directory.resolve("letter.txt"));
      } catch (RuntimeException e) {
        if (!cleanup.processEnds()) {
          service.lastLines().forEach(program.shell().err()::println);
        }
        throw e;
      }
    }
    out.println("Stopped the service. All of this worked.");
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("keyservice-demo-").toRealPath();
    } catch (IOException e) {
      throw new UsageError("no temporary directory can be made: " + e.getMessage());
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
