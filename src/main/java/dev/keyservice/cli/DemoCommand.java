package dev.keyservice.cli;

import dev.keyservice.maintenance.DevEnvironment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice demo`: the whole round against a service of its own, which needs nothing and leaves
/// nothing behind, or against one that runs already.
@Command(
    name = "demo",
    description = "Show the whole round against a temporary service, over mutual TLS.",
    footer = {
      "",
      "With --address the caller needs crypto.encrypt and crypto.decrypt on demo/letters, and",
      "keys.create if there is no such key yet: in the policy a binding with the roles encrypter,",
      "decrypter and, for the first time, key-admin on \"demo/*\". The key stays there. Steps that",
      "need certificates of others are skipped."
    })
final class DemoCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Against the service that runs there, with the certificate of the settings. Without a"
              + " value: KEYSERVICE_ADDRESS.")
  private @Nullable String address;

  @Override
  public void run() {
    if (address == null) {
      showTemporaryService();
    } else {
      showServiceAt(address);
    }
  }

  private void showServiceAt(String given) {
    var out = program.shell().text();
    try (var client = program.connect(program.clientSettings(given))) {
      new RemoteDemo(out, client).show();
    }
    out.println("All of this worked.");
  }

  private void showTemporaryService() {
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
        var listens = service.awaitReady();
        out.println("Started the service as a process of its own at " + listens + ".");
        new Demo(out, environment, strangers, listens).show();
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
