package dev.keyservice.cli;

import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/// `keyservice health`: whether the service is there and serves.
@Command(name = "health", description = "Ask the service whether it serves.")
final class HealthCommand implements Callable<Integer> {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Mixin private Output output = new Output();

  @Override
  public Integer call() {
    var settings = program.clientSettings();
    try (var client = program.open(settings)) {
      var status = client.check();
      output.print(
          program.shell(),
          HealthCheckResponse.newBuilder().setStatus(status),
          () -> List.of(List.of("ADDRESS", "STATUS"), List.of(settings.address(), status.name())));
      return status == ServingStatus.SERVING ? ExitCode.OK : ExitCode.FAILED;
    }
  }
}
