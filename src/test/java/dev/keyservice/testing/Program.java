package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (!Boolean.getBoolean("proof.full")) {
        // Most of these processes live for seconds: half of their time would go into compiling.
        command.add("-XX:TieredStopAtLevel=1");
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

  private static ProcessBuilder process(File directory, List<String> command) {
    var builder = new ProcessBuilder(command).directory(directory);
    builder.environment().keySet().removeIf(name -> name.startsWith("KEYSERVICE_"));
    builder.environment().remove("TRACEPARENT");
    return builder;
  }

  /// Runs it to its end beside the files of an installation.
  ///
  /// @return what it says, on either output
  /// @throws AssertionError when it does not end with this code
  public static String run(int exitCode, Installation installation, String... arguments)
      throws IOException, InterruptedException {
    var process =
        process(installation.file("").toFile(), arguments).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(exitCode, process.waitFor(), said);
    return said;
  }

  private static Path executable() {
    return Path.of(System.getProperty("packaged.executable"));
  }

  private static Path jar() {
    return Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();
  }
}
