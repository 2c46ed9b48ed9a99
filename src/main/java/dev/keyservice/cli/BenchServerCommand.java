package dev.keyservice.cli;

import dev.keyservice.bench.BareService;
import dev.keyservice.config.GivenConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice bench-server`: the bare server of `keyservice bench --baseline`, until it is killed.
@Command(
    name = "bench-server",
    hidden = true,
    description = "Answer every call with the same bytes; 'bench --baseline' starts it.")
final class BenchServerCommand implements Runnable {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Option(
      names = "--answers",
      paramLabel = "DIR",
      required = true,
      description = "What to answer: a file for each kind of call.")
  private Path answers = Path.of("");

  @Override
  public void run() {
    var shell = program.shell();
    try {
      var port =
          BareService.start(GivenConfig.read(shell.properties(), shell.variables()), answers);
      // As the service says it, since the same reader waits for it.
      shell.text().println("keyservice is ready on 127.0.0.1:" + port + " (mutual TLS 1.3)");
      new CountDownLatch(1).await();
    } catch (IOException e) {
      throw new UsageError("the bare server cannot listen: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
