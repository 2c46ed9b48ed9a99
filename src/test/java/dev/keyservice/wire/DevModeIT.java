package dev.keyservice.wire;

import static dev.keyservice.testing.Program.endWithDescendants;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.FreePort;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ProjectCopy;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// `quarkus:dev` on a copy of this project: reloads what is edited, and leaves nothing behind when
/// it does.
@EnabledIfSystemProperty(
    named = "proof.full",
    matches = "true",
    disabledReason = "compiles the project again: only with -Pproof")
class DevModeIT {
  private static final int RELOADS = 20;
  private static final String RELOADED = "Live reload total time";

  @TempDir Path directory;

  private ProjectCopy copy;

  @Test
  void aReloadLeavesNoThreadNoWatchAndNoPortBehind() throws Exception {
    assumeFalse(Program.isNative(), "dev mode is of the JVM");
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no /proc here to count in");
    copy = ProjectCopy.into(directory);
    var port = FreePort.find();
    var log = copy.file("dev.log");
    var dev = start(port, log);
    try {
      await(180, () -> occurrences(log, "keyservice serves on localhost:" + port) > 0);
      var process = devProcess(dev);
      // The first reload brings what each of them has.
      reload(1, port, log);
      var before = census(process);
      for (var reload = 2; reload <= RELOADS + 1; reload++) {
        reload(reload, port, log);
      }
      // What a reload ends needs a moment to be gone.
      await(10, () -> census(process).equals(before), () -> before + " became " + census(process));
      System.out.printf("proof: %d reloads in dev mode: %s before and after%n", RELOADS, before);
      assertTrue(before.get("listening sockets") >= 2, before.toString());
      assertEquals(1, before.get("thread keyservice-cert"), before.toString());
    } finally {
      endWithDescendants(dev);
    }
  }

  private Process start(int port, Path log) throws IOException {
    var builder =
        copy.maven(
                "-Ddebug=false",
                "-Dquarkus.test.continuous-testing=disabled",
                "-Dquarkus.console.enabled=false",
                "quarkus:dev")
            .redirectOutput(log.toFile());
    builder.environment().put("KEYSERVICE_LISTEN", "localhost:" + port);
    builder.environment().put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    return builder.start();
  }

  /// Maven starts the service in a process of its own.
  private static ProcessHandle devProcess(Process maven) {
    return maven
        .descendants()
        .filter(process -> commandLine(process).contains("-dev.jar"))
        .findFirst()
        .orElseThrow();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
    } catch (IOException e) {
      return "";
    }
  }

  /// Edits a class and calls, again and again, until the edited service answers.
  private void reload(int count, int port, Path log) throws Exception {
    var source = copy.file("src/main/java/dev/keyservice/rpc/AccessGrpcService.java");
    // Files are compared by their time, which may count in seconds.
    TimeUnit.MILLISECONDS.sleep(1100);
    Files.writeString(source, "// edit " + count + "\n", StandardOpenOption.APPEND);
    await(60, () -> answers(port) && occurrences(log, RELOADED) >= count);
  }

  private boolean answers(int port) {
    var channel = connect(port);
    try {
      return new Calls(channel).whoAmI().getCallerId().equals("cn:dev-client");
    } catch (StatusRuntimeException e) {
      return false; // the connection of the call that reloads is gone
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel connect(int port) {
    try {
      var tls =
          GrpcSslContexts.forClient()
              .trustManager(copy.file(".dev/ca.pem").toFile())
              .keyManager(
                  copy.file(".dev/dev-client.pem").toFile(),
                  copy.file(".dev/dev-client-key.pem").toFile())
              .build();
      return NettyChannelBuilder.forAddress("localhost", port).sslContext(tls).build();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Our threads by name, watches, and ports of the process.
  private static Map<String, Integer> census(ProcessHandle of) {
    var process = Path.of("/proc", Long.toString(of.pid()));
    var found = new TreeMap<String, Integer>();
    try (var tasks = Files.list(process.resolve("task"));
        var descriptors = Files.list(process.resolve("fd"))) {
      tasks
          .map(task -> read(task.resolve("comm")))
          .filter(name -> name.startsWith("keyservice-"))
          .forEach(name -> found.merge("thread " + name, 1, Integer::sum));
      var open = descriptors.map(DevModeIT::target).toList();
      found.put("watches", (int) open.stream().filter(fd -> fd.contains("inotify")).count());
      found.put("listening sockets", listening(process, Set.copyOf(open)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }

  private static int listening(Path process, Set<String> open) {
    return (int)
        (read(process.resolve("net/tcp")) + "\n" + read(process.resolve("net/tcp6")))
            .lines()
            .map(line -> line.trim().split("\\s+"))
            .filter(fields -> fields.length > 9 && fields[3].equals("0A"))
            .filter(fields -> open.contains("socket:[" + fields[9] + "]"))
            .count();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).trim();
    } catch (IOException e) {
      return ""; // the thread has just ended
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private static int occurrences(Path log, String text) {
    return (int) read(log).lines().filter(line -> line.contains(text)).count();
  }

  private static void await(int seconds, BooleanSupplier condition) throws InterruptedException {
    await(seconds, condition, () -> "waited in vain");
  }

  private static void await(int seconds, BooleanSupplier condition, Supplier<String> message)
      throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, message);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
