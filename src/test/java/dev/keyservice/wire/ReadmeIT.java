package dev.keyservice.wire;

import static dev.keyservice.testing.Program.endWithDescendants;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The commands of the README, as they stand there, in a directory of their own; only the ports are
/// others.
@Timeout(180)
class ReadmeIT {
  private static final Path PROJECT = Path.of("").toAbsolutePath();
  private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

  /// What other tests run, or the build itself.
  private static final List<String> ELSEWHERE =
      List.of(
          "deploy/bin/keyservice demo", // DemoIT, LauncherTest
          "./mvnw quarkus:dev", // DevModeIT
          "GRAALVM_HOME=/path/to/graalvm-25 ./mvnw package -Dnative"); // .ci/run

  @TempDir Path directory;

  private final int port = FreePort.find();
  private final List<Process> services = new ArrayList<>();
  private final List<String> run = new ArrayList<>();

  @BeforeEach
  void prepare() throws IOException {
    for (var program : List.of("deploy/bin/keyservice", "deploy/certs/generate-certs.sh")) {
      Files.createDirectories(directory.resolve(program).getParent());
      Files.createSymbolicLink(directory.resolve(program), PROJECT.resolve(program));
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (var service : services) {
      endWithDescendants(service);
    }
  }

  /// The shell blocks of the README, each with its lines put together and without comments.
  private static List<List<String>> blocks() throws IOException {
    return BLOCK
        .matcher(Files.readString(PROJECT.resolve("README.md")))
        .results()
        .map(block -> block.group(1).replaceAll("\\\\\\n\\s*", ""))
        .map(text -> text.lines().map(line -> line.replaceFirst(" {2,}#.*", "")).toList())
        .toList();
  }

  private static List<String> blockWith(String part) throws IOException {
    return blocks().stream()
        .filter(block -> block.stream().anyMatch(line -> line.contains(part)))
        .findFirst()
        .orElseThrow();
  }

  private Process shell(List<String> lines, Path output) throws IOException {
    run.addAll(lines);
    var script = String.join("\n", lines).replace("localhost:8443", "localhost:" + port);
    var shell = new ProcessBuilder("sh", "-euc", script).directory(directory.toFile());
    var environment = shell.environment();
    environment.keySet().removeIf(name -> name.startsWith("KEYSERVICE_"));
    environment.put("KEYSERVICE_LISTEN", "127.0.0.1:" + port);
    environment.put("KEYSERVICE_ADDRESS", "localhost:" + port);
    environment.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
    environment.put("QUARKUS_MANAGEMENT_PORT", "0");
    return shell.redirectErrorStream(true).redirectOutput(output.toFile()).start();
  }

  private String sh(List<String> lines) throws Exception {
    var output = Files.createTempFile(directory, "out", "");
    var shell = shell(lines, output);
    assertTrue(shell.waitFor(120, TimeUnit.SECONDS), () -> read(output));
    assertEquals(0, shell.exitValue(), () -> lines + "\n" + read(output));
    return read(output);
  }

  private void serve(List<String> lines) throws Exception {
    var output = Files.createTempFile(directory, "served", "");
    var service = shell(lines, output);
    services.add(service);
    while (!read(output).contains("keyservice is ready on")) {
      assertTrue(service.isAlive(), () -> read(output));
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyCommandOfTheReadmeWorks() throws Exception {
    // Certificates, root key and policy, and the service that uses them.
    var own = blockWith("generate-certs.sh");
    serve(own);
    var created = sh(Stream.concat(exports(own), blockWith("app/cards").stream()).toList());
    assertTrue(created.contains("app/cards"), created);

    // What dev mode makes, with a service in its place.
    stop();
    services.clear();
    var _ = sh(List.of("deploy/bin/keyservice dev-files .dev"));
    serve(
        List.of(
            "export KEYSERVICE_TLS_CA_FILE=.dev/ca.pem KEYSERVICE_TLS_CERT_FILE=.dev/server.pem"
                + " KEYSERVICE_TLS_KEY_FILE=.dev/server-key.pem",
            "export KEYSERVICE_ROOT_KEYS_DIR=.dev/root-keys KEYSERVICE_ROOT_KEYS_ACTIVE=root-1",
            "export KEYSERVICE_POLICY_FILE=.dev/policy.yaml KEYSERVICE_STORE_PATH=.dev/store.db",
            "export KEYSERVICE_AUDIT_DIR=.dev/audit",
            "deploy/bin/keyservice serve"));
    var decrypted = sh(blockWith("demo/letters"));
    assertTrue(decrypted.endsWith("Hello\n"), decrypted);

    var all = blocks().stream().flatMap(List::stream).toList();
    var others = all.stream().filter(line -> !run.contains(line)).toList();
    assertEquals(ELSEWHERE, others, "commands that no test runs");
  }

  /// Which a reader has in the shell by then.
  private static Stream<String> exports(List<String> block) {
    return block.stream().filter(line -> line.startsWith("export "));
  }
}
