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
  private static final String SQLITE_LIBRARY = "org.sqlite.lib.path";

  private ThisProgram() {}

  /// The command line that runs it with these arguments, with the database's native library from
  /// where this process has it: where a temporary directory may hold no code, SQLite finds it only
  /// there.
  static List<String> command(String... arguments) {
    var program = isNative() ? List.of(executable()) : java();
    var library =
        Optional.ofNullable(System.getProperty(SQLITE_LIBRARY))
            .map(directory -> "-D" + SQLITE_LIBRARY + "=" + directory);
    var rest = isNative() ? Stream.<String>of() : Stream.of("-jar", jar().toString());
    return Stream.of(program.stream(), library.stream(), rest, Arrays.stream(arguments))
        .flatMap(words -> words)
        .toList();
  }

  /// The command line that runs another build of it.
  ///
  /// @param file an executable, or a jar that this Java is to run
  static List<String> another(String file, String... arguments) {
    var program =
        file.endsWith(".jar")
            ? Stream.concat(java().stream(), Stream.of("-jar", file))
            : Stream.of(file);
    return Stream.concat(program, Arrays.stream(arguments)).toList();
  }

  private static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
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
