package dev.keyservice.cli;

import dev.keyservice.maintenance.DevEnvironment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
    var command = ThisProgram.command("serve");
    var directory = TemporaryDirectory.create("keyservice-demo-");
    // Also when the demonstration is interrupted: no process and no key stays behind.
    try (var cleanup = new Cleanup(() -> TemporaryDirectory.delete(directory))) {
      show(command, directory, cleanup);
    }
  }

  private void show(List<String> command, Path directory, Cleanup cleanup) {
    var out = program.shell().text();
    var environment = DevEnvironment.prepare(directory.resolve("service"));
    var strangers = DevEnvironment.prepare(directory.resolve("strangers"));
    out.println("Made certificates, a root key and a policy in " + directory);
    out.println("  (deleted at the end).");
    try (var service = ServiceProcess.start(command, environment, Map.of())) {
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
}
