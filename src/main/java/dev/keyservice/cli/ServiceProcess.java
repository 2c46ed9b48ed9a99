package dev.keyservice.cli;

import dev.keyservice.client.ClientSettings;
import dev.keyservice.config.Setting;
import dev.keyservice.maintenance.DevEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/// A service in a process of its own, on free ports of this machine, until this is closed.
final class ServiceProcess implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("keyservice is ready on ([^\\s\"]+:\\d+) \\(mutual TLS 1\\.3\\)");
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  private static final int LINES_KEPT = 20;
  private static final int LONGEST_LINE = 400;

  private final Process process;
  private final CompletableFuture<String> address = new CompletableFuture<>();
  private final Deque<String> lines = new ArrayDeque<>();

  private ServiceProcess(Process process) {
    this.process = process;
  }

  /// Starts it with the files of an environment and none of this process's own settings.
  ///
  /// @param more variables beside those that it needs
  static ServiceProcess start(
      List<String> command, DevEnvironment environment, Map<String, String> more) {
    var builder =
        new ProcessBuilder(command)
            .directory(environment.directory().toFile())
            .redirectErrorStream(true);
    var variables = builder.environment();
    variables.keySet().removeIf(ServiceProcess::isSetting);
    variables.putAll(settings(environment));
    // A service that runs here already may have the default one.
    variables.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
    variables.put("QUARKUS_MANAGEMENT_PORT", "0");
    variables.putAll(more);
    try {
      var service = new ServiceProcess(builder.start());
      service.process.getOutputStream().close();
      var _ = Thread.ofVirtual().start(service::follow);
      return service;
    } catch (IOException e) {
      throw new NotAsExpected("the service cannot be started: " + e.getMessage());
    }
  }

  private static boolean isSetting(String variable) {
    return variable.startsWith("KEYSERVICE_") || variable.startsWith("QUARKUS_");
  }

  private static Map<String, String> settings(DevEnvironment environment) {
    return Map.of(
        Setting.LISTEN.variable(), "127.0.0.1:0",
        Setting.TLS_CA_FILE.variable(), environment.ca().toString(),
        Setting.TLS_CERT_FILE.variable(), environment.serverCertificate().toString(),
        Setting.TLS_KEY_FILE.variable(), environment.serverKey().toString(),
        Setting.STORE_PATH.variable(), environment.store().toString(),
        Setting.AUDIT_DIR.variable(), environment.store().resolveSibling("audit").toString(),
        Setting.ROOT_KEYS_DIR.variable(), environment.rootKeys().toString(),
        Setting.ROOT_KEYS_ACTIVE.variable(), environment.rootKeyId(),
        Setting.POLICY_FILE.variable(), environment.policy().toString());
  }

  /// The settings of a caller of such a service.
  ///
  /// @param address where it listens
  static ClientSettings caller(
      DevEnvironment environment, String address, Path certificate, Path key) {
    return ClientSettings.read(
        Map.of(),
        Map.of(
            Setting.ADDRESS.variable(), address,
            Setting.TLS_CA_FILE.variable(), environment.ca().toString(),
            Setting.TLS_CERT_FILE.variable(), certificate.toString(),
            Setting.TLS_KEY_FILE.variable(), key.toString()));
  }

  private void follow() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (var line = output.readLine(); line != null; line = output.readLine()) {
        keep(line);
        if (!address.isDone()) {
          var ready = READY.matcher(line);
          if (ready.find()) {
            address.complete(ready.group(1));
          }
        }
      }
    } catch (IOException e) {
      keep("the output of the service cannot be read: " + e.getMessage());
    }
    address.completeExceptionally(new NotAsExpected("the service ended before it was ready"));
  }

  private void keep(String line) {
    synchronized (lines) {
      lines.addLast(line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line);
      if (lines.size() > LINES_KEPT) {
        lines.removeFirst();
      }
    }
  }

  /// Waits until the service says where it listens.
  ///
  /// @return `host:port`
  String awaitReady() {
    try {
      return address.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new NotAsExpected("the service ended before it was ready; its last lines are above");
    } catch (TimeoutException e) {
      throw new NotAsExpected("the service is not ready after " + START_LIMIT.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotAsExpected("interrupted");
    }
  }

  /// The process, as the operating system calls it.
  long pid() {
    return process.pid();
  }

  /// What the service printed last.
  List<String> lastLines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /// Stops the process, at first in peace.
  @Override
  public void close() {
    process.destroy();
    try {
      if (process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    var _ = process.destroyForcibly();
  }
}
