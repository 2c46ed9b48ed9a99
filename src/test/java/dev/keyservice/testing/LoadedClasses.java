package dev.keyservice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The classes of the packaged service as a JVM has them once it serves (an AOT cache, JEP 514):
/// with it, the many processes of the tests start in half the time. Made once for each jar.
final class LoadedClasses {
  /// Options of a JVM that lives for seconds: half of its time would go into compiling. The same
  /// when the cache is made and when it is used, or the JVM ignores it.
  static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private LoadedClasses() {}

  /// The file of the cache, which is made if it is missing or of an earlier jar.
  static synchronized Path ofTheService(Path jar) {
    var cache = jar.resolveSibling("tests.aot");
    try (var lock = lock(jar.resolveSibling("tests.aot.lock"))) {
      assertTrue(lock.isOpen());
      if (!Files.exists(cache) || modified(cache) < modified(jar)) {
        make(cache, jar);
      }
      return cache;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Held until it is closed, against the tests in other processes too.
  private static FileChannel lock(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var _ = channel.lock();
    return channel;
  }

  private static long modified(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toMillis();
  }

  private static void make(Path cache, Path jar) throws InterruptedException {
    try (var installation = Installation.create()) {
      var command = new ArrayList<>(List.of(Program.java()));
      command.addAll(SHORT_LIVED);
      command.addAll(List.of("-XX:AOTCacheOutput=" + cache, "-jar", jar.toString(), "serve"));
      var program = Program.process(installation.file("").toFile(), command);
      try (var service = ServiceProcess.launch(program, installation, Map.of())) {
        assertTrue(service.port() > 0);
        service.terminate();
        assertEquals(143, service.exitCode(120), service::log);
        assertTrue(Files.exists(cache), service::log);
      }
    }
  }
}
