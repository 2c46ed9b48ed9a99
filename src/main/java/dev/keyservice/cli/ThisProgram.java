package dev.keyservice.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How to start this very program once more: the native executable, or the jar with the same Java.
final class ThisProgram {
  private static final String FAST_JAR = "quarkus-run.jar";
  private static final String SQLITE_LIBRARY = "org.sqlite.lib.path";

  private ThisProgram() {}

  /// The command line that runs the service, with the database's native library from where this
  /// process has it: where a temporary directory may hold no code, SQLite finds it only there.
  static List<String> serve() {
    var command = new ArrayList<>(isNative() ? List.of(executable()) : javaWithJar());
    Optional.ofNullable(System.getProperty(SQLITE_LIBRARY))
        .ifPresent(directory -> command.add(1, "-D" + SQLITE_LIBRARY + "=" + directory));
    command.add("serve");
    return command;
  }

  private static List<String> javaWithJar() {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return List.of(
        java,
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-jar",
        jar().toString());
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
                "demo starts the packaged program, and this is none; run deploy/bin/keyservice"
                    + " demo"));
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
