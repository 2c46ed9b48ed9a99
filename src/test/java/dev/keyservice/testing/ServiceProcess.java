package dev.keyservice.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/// The packaged service as a process of its own.
public final class ServiceProcess implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("keyservice is ready on \\S+?:(\\d+) .*, management on \\S+?:(\\d+)");

  private final Installation installation;
  private final Process process;
  private final Thread reader;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Ports> ports = new CompletableFuture<>();

  private record Ports(int service, int management) {}

  private ServiceProcess(Installation installation, Process process) {
    this.installation = installation;
    this.process = process;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  /// Starts a service and waits until it is ready.
  public static ServiceProcess start(Installation installation) {
    return start(installation, Map.of());
  }

  /// Starts a service with further environment variables and waits until it is ready.
  public static ServiceProcess start(Installation installation, Map<String, String> variables) {
    var service = launch(installation, variables);
    var _ = service.port();
    return service;
  }

  /// Starts a service that was packaged elsewhere and waits until it is ready.
  public static ServiceProcess start(Path jar, Installation installation) {
    var program = Program.process(jar, installation.file("").toFile(), "serve");
    var service = launch(program, installation, Map.of());
    var _ = service.port();
    return service;
  }

  /// Starts a service and does not wait.
  public static ServiceProcess launch(Installation installation, Map<String, String> variables) {
    var program = Program.process(installation.file("").toFile(), "serve");
    return launch(program, installation, variables);
  }

  static ServiceProcess launch(
      ProcessBuilder program, Installation installation, Map<String, String> variables) {
    var builder = program.redirectErrorStream(true);
    builder.environment().putAll(installation.variables());
    // Every process has an audit log of its own, and so has each store.
    var store = variables.getOrDefault("KEYSERVICE_STORE_PATH", "");
    if (!store.isEmpty()) {
      var ofItsOwn = "audit-" + Integer.toHexString(store.hashCode());
      builder.environment().put("KEYSERVICE_AUDIT_DIR", installation.file(ofItsOwn).toString());
    }
    variables.forEach((name, value) -> {
      if (value.isEmpty()) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    try {
      return new ServiceProcess(installation, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        var ready = READY.matcher(line);
        if (ready.find()) {
          ports.complete(
              new Ports(Integer.parseInt(ready.group(1)), Integer.parseInt(ready.group(2))));
        }
      }
    } catch (IOException e) {
      log.add("(" + e.getMessage() + ")");
    } finally {
      ports.completeExceptionally(new IllegalStateException("the service ended"));
    }
  }

  /// Where it listens.
  public int port() {
    return ports().service();
  }

  /// Where it answers about its health and metrics.
  public int managementPort() {
    return ports().management();
  }

  private Ports ports() {
    try {
      return ports.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the service did not start:\n" + log(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Its process ID.
  public long pid() {
    return process.pid();
  }

  /// What it has written so far.
  public String log() {
    return String.join("\n", log);
  }

  /// The lines it has written so far.
  public List<String> lines() {
    return List.copyOf(log);
  }

  /// Waits for its end; then all that it has written is in [#log()].
  public int exitCode(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running after " + seconds + " s:\n" + log());
    }
    reader.join();
    return process.exitValue();
  }

  /// Tells it to end, with SIGTERM, and does not wait. What it still says is read:
  /// `Process.destroy` would close its output.
  public void terminate() {
    var _ = process.toHandle().destroy();
  }

  /// Ends it as `kill -9` does.
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
    Confided.requireAbsent("the log", log());
    Confided.requireAbsent(installation.file(""));
  }
}
