package dev.keyservice.watch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DirectoryWatchTest {
  private static final Duration NEVER = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(100);

  @TempDir Path temporary;

  @Test
  void seesAFileInItsDirectory() throws Exception {
    var directory = Files.createDirectory(temporary.resolve("tls"));
    try (var watch = new DirectoryWatch(List.of(directory.resolve("tls.crt")))) {
      assertSeesAFileIn(directory, watch);
    }
  }

  @Test
  void seesAFileInADirectoryThatWasMissing() throws Exception {
    var directory = temporary.resolve("tls");
    try (var watch = new DirectoryWatch(List.of(directory.resolve("tls.crt")))) {
      Files.createDirectory(directory);
      watch.await(SHORT, SHORT);

      assertSeesAFileIn(directory, watch);
    }
  }

  @Test
  void seesAFileInADirectoryThatTookThePlaceOfAnother() throws Exception {
    var directory = Files.createDirectory(temporary.resolve("tls"));
    try (var watch = new DirectoryWatch(List.of(directory.resolve("tls.crt")))) {
      Files.move(directory, temporary.resolve("old"));
      Files.createDirectory(directory);
      watch.await(SHORT, SHORT);

      assertSeesAFileIn(directory, watch);
    }
  }

  @Test
  void seesAFileInADirectoryThatALinkLeadsToAnew() throws Exception {
    var first = Files.createDirectory(temporary.resolve("1"));
    var second = Files.createDirectory(temporary.resolve("2"));
    var link = Files.createSymbolicLink(temporary.resolve("tls"), first);
    try (var watch = new DirectoryWatch(List.of(link.resolve("tls.crt")))) {
      Files.delete(link);
      Files.createSymbolicLink(link, second);
      watch.await(SHORT, SHORT);

      assertSeesAFileIn(second, watch);
    }
  }

  /// Were it not seen, the wait would outlast the test.
  private static void assertSeesAFileIn(Path directory, DirectoryWatch watch)
      throws IOException, InterruptedException {
    assertTrue(Files.exists(Files.writeString(directory.resolve("tls.crt"), "new")));
    watch.await(NEVER, SHORT);
  }
}
