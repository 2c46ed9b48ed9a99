package dev.keyservice.cli;

import dev.keyservice.bench.Benchmark;
import dev.keyservice.bench.Contender;
import dev.keyservice.bench.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice bench`: what calls cost, of a running service or of ones that it starts itself.
@Command(
    name = "bench",
    description = {
      "Measure calls: how many there can be, how long they take, and what each costs the server.",
      "",
      "Without --address it starts a temporary service of its own, over mutual TLS. Figures are"
          + " taken in turns, and each is compared with that of the first target taken beside it."
    })
final class BenchCommand implements Callable<Integer> {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      description =
          "Measure a service that runs, as the caller of KEYSERVICE_TLS_CERT_FILE, who needs"
              + " key-admin and the permissions of the calls on bench/*.")
  private @Nullable String address;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "With --address: its process, when it is on this machine, for its CPU.")
  private @Nullable Long pid;

  @Mixin private BenchLoadOptions load = new BenchLoadOptions();

  @ArgGroup(validate = false, heading = "%nOf a service of its own:%n")
  private BenchServiceOptions service = new BenchServiceOptions();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write all figures to a file, as JSON.")
  private @Nullable Path json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the table and plots of latencies.")
  private @Nullable Path html;

  @Override
  public Integer call() {
    program.refuseUnknownSettings();
    var report = address == null ? ofItsOwn() : ofRunning(address);
    report.description().forEach(program.shell().text()::println);
    Output.aligned(report.table()).forEach(program.shell().text()::println);
    write(json, Output.json(report.json()));
    write(html, report.html());
    return report.isClean() ? ExitCode.OK : ExitCode.FAILED;
  }

  private Report ofRunning(String where) {
    service.requireNone();
    var workload = load.workload(load.keys());
    var settings = program.clientSettings(where);
    var process = pid == null ? OptionalLong.empty() : OptionalLong.of(pid);
    try (var benchmark = benchmark()) {
      benchmark.add(new Contender(settings.address(), settings, process), workload);
      return benchmark.run();
    }
  }

  private Report ofItsOwn() {
    if (pid != null) {
      throw new UsageError("--pid is for --address: the process of an own service is known");
    }
    var specs = service.specs(load.keys());
    // What cannot be measured is refused before anything starts.
    var workloads = specs.stream().map(spec -> load.workload(spec.keys())).toList();
    try (var services = new BenchServices(program.shell().err());
        var benchmark = benchmark()) {
      for (var i = 0; i < specs.size(); i++) {
        benchmark.add(services.start(specs.get(i)), workloads.get(i));
      }
      if (service.isCompared()) {
        benchmark.addBare(services.directory("answers"), services::startBare);
      }
      return benchmark.run();
    }
  }

  private Benchmark benchmark() {
    return new Benchmark(
        load.plan(), words -> program.shell().err().println("keyservice: " + words));
  }

  private static void write(@Nullable Path file, String text) {
    if (file == null) {
      return;
    }
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UsageError(DataFiles.problem(file, e));
    }
  }
}
