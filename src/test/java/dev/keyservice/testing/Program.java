package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.cli.CommandRun;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The program as it is packaged: the native executable where this build made one, else the jar.
public final class Program {
  private Program() {}

  /// Whether the native executable is under test.
  public static boolean isNative() {
    return Boolean.getBoolean("packaged.native");
  }

  /// The command that runs it with these arguments.
  public static List<String> command(String... arguments) {
    var command = new ArrayList<String>();
    if (isNative()) {
      command.add(executable().toString());
    } else {
      command.add(java());
      if (!Boolean.getBoolean("proof.full")) {
        command.addAll(LoadedClasses.SHORT_LIVED);
        command.add("-XX:AOTCache=" + LoadedClasses.ofTheService(jar()));
      }
      command.add("-jar");
      command.add(jar().toString());
    }
    command.addAll(List.of(arguments));
    return command;
  }

  /// A process that sees no setting of the machine's.
  public static ProcessBuilder process(File directory, String... arguments) {
    return process(directory, command(arguments));
  }

  /// The same of a jar that was packaged elsewhere.
  static ProcessBuilder process(Path jar, File directory, String... arguments) {
    var command = command(arguments);
    command.replaceAll(word -> word.equals(jar().toString()) ? jar.toString() : word);
    return process(directory, command);
  }

  static ProcessBuilder process(File directory, List<String> command) {
    var builder = new ProcessBuilder(command).directory(directory);
    builder.environment().keySet().removeIf(name -> name.startsWith("KEYSERVICE_"));
    builder.environment().remove("TRACEPARENT");
    return builder;
  }

  /// What a command left.
  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  public record Ended(int exitCode, byte[] out, String error) {
    /// Standard output as text.
    public String text() {
      return new String(out, StandardCharsets.UTF_8);
    }

    /// Its lines.
    public List<String> lines() {
      return text().lines().toList();
    }

    /// What it said on either output.
    public String said() {
      return text() + error;
    }
  }

  /// Runs a command to its end with these settings: the native executable, where that is under
  /// test; else in this process, since a JVM takes far longer to start than a command to run.
  public static Ended run(Map<String, String> settings, byte[] input, String... arguments)
      throws IOException, InterruptedException {
    if (isNative()) {
      return runPackaged(settings, input, arguments);
    }
    var result = new CommandRun().variables(settings).in(input).run(arguments);
    return new Ended(result.exitCode(), result.bytes(), result.err());
  }

  /// The same over the store and the audit log of an installation, with no input.
  ///
  /// @return what it says, on either output
  /// @throws AssertionError when it does not end with this code
  public static String run(int exitCode, Installation installation, String... arguments)
      throws IOException, InterruptedException {
    var settings =
        Map.of(
            "KEYSERVICE_STORE_PATH", installation.file("data/keyservice.db").toString(),
            "KEYSERVICE_AUDIT_DIR", installation.file("audit").toString());
    var ended = run(settings, new byte[0], arguments);
    assertEquals(exitCode, ended.exitCode(), ended.said());
    return ended.said();
  }

  /// Runs the packaged program to its end with these settings.
  public static Ended runPackaged(Map<String, String> settings, byte[] input, String... arguments)
      throws IOException, InterruptedException {
    var directory = Files.createTempDirectory("command");
    try {
      var in = Files.write(directory.resolve("in"), input);
      var out = directory.resolve("out");
      var err = directory.resolve("err");
      var builder = process(directory.toFile(), arguments);
      builder.environment().putAll(settings);
      var process =
          builder
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      assertTrue(process.waitFor(120, TimeUnit.SECONDS));
      return new Ended(process.exitValue(), Files.readAllBytes(out), said(err));
    } finally {
      Directories.delete(directory);
    }
  }

  /// Ends a process, such as a shell, and those that it has started, which may outlive it and write
  /// until they have ended.
  ///
  /// @throws java.util.concurrent.TimeoutException when one of them does not end
  public static void endWithDescendants(Process process) throws Exception {
    var all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroy);
    for (var each : all) {
      var _ = each.onExit().get(20, TimeUnit.SECONDS);
    }
  }

  /// Without what the JVM warns of.
  private static String said(Path err) throws IOException {
    return Files.readAllLines(err).stream()
        .filter(line -> !line.startsWith("WARNING: "))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static Path executable() {
    return Path.of(System.getProperty("packaged.executable"));
  }

  private static Path jar() {
    return Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();
  }
}
