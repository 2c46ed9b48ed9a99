package dev.keyservice.bench;

import dev.keyservice.client.KeyServiceClient;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Measures services that run, side by side, and the bare server beside them.
public final class Benchmark implements AutoCloseable {
  private final Plan plan;
  private final Consumer<String> progress;
  private final List<Connections> connections = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final List<Workload> workloads = new ArrayList<>();

  /// Starts the bare server.
  @FunctionalInterface
  public interface BareStart {
    /// Starts it and waits until it listens.
    ///
    /// @param answers the directory for [BareService#start]
    Contender start(Path answers);
  }

  /// A benchmark of nothing yet.
  ///
  /// @param progress is told what goes on, a few words at a time
  public Benchmark(Plan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /// Adds a service, after the others. Its keys are created where they are missing.
  ///
  /// @param workload of this service; only its keys may differ from those of the others
  /// @throws dev.keyservice.client.ServerUnreachable when it is not there
  /// @throws io.grpc.StatusRuntimeException when it refuses what the workload needs
  public void add(Contender service, Workload workload) {
    progress.accept("preparing " + service.name());
    try (var client = KeyServiceClient.open(service.settings())) {
      var status = client.check();
      if (status != ServingStatus.SERVING) {
        throw new IllegalArgumentException(service.name() + " does not serve: " + status);
      }
      targets.add(target(service, new Preparation(client, workload).prepare()));
    }
    workloads.add(workload);
  }

  /// Adds the bare server, before all others, which are then compared with it. It answers as the
  /// first service does.
  ///
  /// @param directory an empty one, for what it is to answer
  public void addBare(Path directory, BareStart start) {
    var service = targets.getFirst();
    try {
      Answers.keep(service.calls(), service.channels().getFirst(), directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    targets.addFirst(target(start.start(directory), service.calls()));
  }

  private Target target(Contender server, Calls calls) {
    var opened = new Connections(server.settings(), plan.connections());
    connections.add(opened);
    var process =
        server.pid().isPresent()
            ? ProcessUse.of(server.pid().getAsLong())
            : Optional.<ProcessUse>empty();
    return new Target(server.name(), opened.channels(), calls, process);
  }

  /// Takes all rounds. Takes as long as the plan says.
  public Report run() {
    var figures = new Run(targets, plan, progress).run();
    return new Report(workloads.stream().distinct().toList(), plan, Machine.ofThis(), figures);
  }

  /// Ends the connections; the servers go on.
  @Override
  public void close() {
    connections.forEach(Connections::close);
  }
}
