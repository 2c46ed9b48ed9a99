package dev.keyservice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the figures were taken on.
///
/// @param processor the name its maker gave it, or its architecture
/// @param cores those that the process may use
/// @param system name and release
/// @param runtime what runs this client
record Machine(String processor, int cores, String system, String runtime) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  static Machine ofThis() {
    var isNative = "runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"));
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        isNative ? "native executable" : "Java " + Runtime.version());
  }

  private static String processorName() {
    try (var lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  @Override
  public String toString() {
    return processor + ", " + cores + " cores, " + system + "; client: " + runtime;
  }
}
