package dev.keyservice.cli;

import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice health`: whether the service is there and serves.
@Command(name = "health", description = "Ask the service whether it serves.")
final class HealthCommand implements Callable<Integer> {
  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Option(
      names = "--management",
      paramLabel = "HOST:PORT",
      arity = "0..1",
      fallbackValue = "localhost:9000",
      description =
          "Ask the management port instead, over plain HTTP and without a certificate, and show its"
              + " checks. Without a value: ${FALLBACK-VALUE}.")
  private @Nullable String management;

  @Mixin private Output output = new Output();

  @Override
  public Integer call() {
    return management == null ? askService() : askManagement(management);
  }

  private int askManagement(String address) {
    program.refuseUnknownSettings();
    var health = ManagementHealth.ask(address);
    output.print(program.shell(), health::json, health::rows);
    return health.ready() ? ExitCode.OK : ExitCode.FAILED;
  }

  private int askService() {
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
