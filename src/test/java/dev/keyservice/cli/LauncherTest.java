package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `deploy/bin/keyservice` in a checkout whose programs only tell how they were started.
class LauncherTest {
  @TempDir Path directory;

  private Path launcher;

  @BeforeEach
  void checkout() throws IOException {
    launcher = directory.resolve("check out/deploy/bin/keyservice");
    Files.createDirectories(launcher.getParent());
    Files.copy(Path.of("deploy/bin/keyservice"), launcher);
    executable(launcher);
  }

  @Test
  void runsTheNativeBinary() throws Exception {
    program("target/keyservice-1.0-runner", "for arg; do echo \"<$arg>\"; done; exit 7");

    assertEquals("7\n<key>\n<a b>\n", run(launcher, "key", "a b"));
  }

  @Test
  void letsNoCrashLeaveACoreFile() throws Exception {
    program("target/keyservice-1.0-runner", "ulimit -Sc; ulimit -Hc");

    assertEquals("0\n0\n0\n", run(launcher));
  }

  @Test
  void findsItsCheckoutThroughLinks() throws Exception {
    program("target/keyservice-1.0-runner", "echo here");
    var near = Files.createSymbolicLink(launcher.resolveSibling("near"), Path.of("keyservice"));
    var far = Files.createSymbolicLink(directory.resolve("far"), near);

    assertEquals("0\nhere\n", run(far));
  }

  @Test
  void buildsTheJarFirstWhenThereIsNothing() throws Exception {
    program("mvnw", "echo \"$@\"; exit 1");

    assertEquals(
        """
        2
        keyservice: building it first, which takes a few minutes
        -q -DskipTests package
        keyservice: the build failed
        """,
        run(launcher, "demo"));
  }

  @Test
  void runsTheJarWithAJdkItFinds() throws Exception {
    program("jdk/bin/java", "for arg; do echo \"<$arg>\"; done");
    program("jdk/bin/javac", "");
    var root = launcher.resolve("../../..").normalize();
    Files.writeString(root.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
    Files.createDirectories(root.resolve("target/quarkus-app"));
    Files.createFile(root.resolve("target/quarkus-app/quarkus-run.jar"));

    assertEquals(
        """
        0
        <--enable-native-access=ALL-UNNAMED>
        <--sun-misc-unsafe-memory-access=allow>
        <-jar>
        <%s/target/quarkus-app/quarkus-run.jar>
        <whoami>
        """
            .formatted(root.toRealPath()),
        run(launcher, "whoami"));
  }

  private void program(String name, String script) throws IOException {
    var file = launcher.resolve("../../..").normalize().resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    executable(file);
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /// The exit code, then what was printed.
  private String run(Path program, String... args) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(program.toString());
    builder.command().addAll(List.of(args));
    builder.environment().put("JAVA_HOME", launcher.resolve("../../../jdk").normalize().toString());
    var process = builder.directory(directory.toFile()).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + "\n" + text;
  }
}
