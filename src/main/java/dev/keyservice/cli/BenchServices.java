package dev.keyservice.cli;

import dev.keyservice.bench.Contender;
import dev.keyservice.config.Setting;
import dev.keyservice.maintenance.DevEnvironment;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The processes that `keyservice bench` starts, each in a directory of its own; they are gone when
/// this is closed.
final class BenchServices implements AutoCloseable {
  /// No caller of a benchmark is to meet its rate; that it is looked at is part of the work.
  private static final Map<String, String> UNLIMITED =
      Map.of(Setting.LIMITS_CALLS_PER_CALLER.variable(), "100000000/s");

  private final PrintStream err;
  private final Path directory = TemporaryDirectory.create("keyservice-bench-");
  private final Cleanup cleanup = new Cleanup(() -> TemporaryDirectory.delete(directory));
  private Optional<BenchService> first = Optional.empty();
  private Optional<DevEnvironment> environment = Optional.empty();
  private int started;

  BenchServices(PrintStream err) {
    this.err = err;
  }

  /// A new directory.
  Path directory(String name) {
    try {
      return Files.createDirectory(directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts a service and waits until it is ready.
  Contender start(BenchService service) {
    var own = DevEnvironment.prepare(directory.resolve("service-" + started++));
    writePolicy(own.policy(), service.bindings());
    var settings = new LinkedHashMap<>(UNLIMITED);
    settings.putAll(service.settings());
    first = first.or(() -> Optional.of(service));
    environment = environment.or(() -> Optional.of(own));
    return start(service.name(), command(service, "serve"), own, settings);
  }

  /// Starts the bare server with the program and the certificates of the first service.
  Contender startBare(Path answers) {
    var service = first.orElseThrow();
    var command = command(service, "bench-server", "--answers", answers.toString());
    return start("bare server", command, environment.orElseThrow(), service.settings());
  }

  private static List<String> command(BenchService service, String... arguments) {
    return service
        .program()
        .map(program -> ThisProgram.another(program, arguments))
        .orElseGet(() -> ThisProgram.command(arguments));
  }

  private Contender start(
      String name, List<String> command, DevEnvironment own, Map<String, String> settings) {
    var process = ServiceProcess.start(command, own, settings);
    cleanup.first(process::close);
    try {
      var caller =
          ServiceProcess.caller(
              own, process.awaitReady(), own.clientCertificate(), own.clientKey());
      return new Contender(name, caller, OptionalLong.of(process.pid()));
    } catch (RuntimeException e) {
      if (!cleanup.processEnds()) {
        process.lastLines().forEach(err::println);
      }
      throw e;
    }
  }

  /// The last binding is the one that the calls need; those before are of the same caller and other
  /// rings.
  private static void writePolicy(Path file, int bindings) {
    var lines = new ArrayList<String>();
    lines.add("bindings:");
    IntStream.range(1, bindings)
        .mapToObj(i -> binding("other-" + i, "encrypter, decrypter"))
        .forEach(lines::add);
    lines.add(binding("bench", "key-admin, encrypter, decrypter, reencrypter, signer, verifier"));
    try {
      Files.writeString(file, lines.stream().collect(Collectors.joining("\n", "", "\n")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String binding(String ring, String roles) {
    return "  - {name: %s, callers: [\"cn:dev-client\"], roles: [%s], keys: [\"%s/*\"]}"
        .formatted(ring, roles, ring);
  }

  @Override
  public void close() {
    cleanup.close();
  }
}
