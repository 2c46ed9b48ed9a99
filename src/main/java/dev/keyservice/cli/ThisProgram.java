package dev.keyservice.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// How to start this very program once more: the native executable, or the jar with the same Java.
final class ThisProgram {
  private static final String FAST_JAR = "quarkus-run.jar";

  private ThisProgram() {}

  /// The command line that runs it with these arguments.
  static List<String> command(String... arguments) {
    return isNative() ? with(List.of(executable()), arguments) : jar(jar(), arguments);
  }

  /// The command line that runs another build of it.
  ///
  /// @param file an executable, or a jar that this Java is to run
  static List<String> another(String file, String... arguments) {
    return file.endsWith(".jar") ? jar(Path.of(file), arguments) : with(List.of(file), arguments);
  }

  private static List<String> jar(Path jar, String... arguments) {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return with(
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-jar",
            jar.toString()),
        arguments);
  }

  private static List<String> with(List<String> program, String... arguments) {
    return Stream.concat(program.stream(), Arrays.stream(arguments)).toList();
  }

  /// GraalVM sets this property in images only.
  static boolean isNative() {
    return "runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"));
  }

  private static String executable() {
    return ProcessHandle.current().info().command().orElse("/proc/self/exe");
  }

  private static Path jar() {
    return startedJar()
        .or(ThisProgram::jarAboveClasses)
        .orElseThrow(() ->
            new UsageError(
                "demo and bench start the packaged program, and this is none; run"
                    + " deploy/bin/keyservice"));
  }

  /// After `java -jar FILE` the class path is that file.
  private static Optional<Path> startedJar() {
    return Optional.of(System.getProperty("java.class.path", ""))
        .filter(path -> path.endsWith(".jar") && !path.contains(File.pathSeparator))
        .map(path -> Path.of(path).toAbsolutePath())
        .filter(Files::isRegularFile);
  }

  /// Our classes are in `quarkus-app/app/`, beside which `quarkus-app/quarkus-run.jar` starts them.
  private static Optional<Path> jarAboveClasses() {
    return Optional.ofNullable(ThisProgram.class.getProtectionDomain().getCodeSource())
        .map(source -> Path.of(source.getLocation().getPath()))
        .map(classes -> classes.resolve("../..").normalize().resolve(FAST_JAR))
        .filter(Files::isRegularFile);
  }
}
