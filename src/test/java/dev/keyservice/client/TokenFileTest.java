package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.testing.LogLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenFileTest {
  private static final Instant LONG_AGO = Instant.parse("2025-01-01T00:00:00Z");
  private static final String SECRET = "s3cr3t";

  @TempDir Path directory;

  private Path path;

  @BeforeEach
  void choose() {
    path = directory.resolve("token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\r\n"})
  void holdsATokenWithOrWithoutANewline(String end) throws IOException {
    write("a.b-c_d~e+f/g==" + end);

    assertEquals("a.b-c_d~e+f/g==", TokenFile.open(path).token());
  }

  @Test
  void holdsAtMost8KiB() throws IOException {
    write("x".repeat(8192) + "\r\n");
    assertEquals(8192, TokenFile.open(path).token().length());

    write("x".repeat(8193));
    assertRefused("is longer than 8 KiB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "|is empty",
        "\\n|is empty",
        "s3cr3t\\ns3cr3t|is not one line of visible ASCII",
        "s3cr3t\\n\\n|is not one line of visible ASCII",
        "s3cr3t s3cr3t|is not one line of visible ASCII",
        "s3cr3t\\t|is not one line of visible ASCII",
        "s3cr3té|is not one line of visible ASCII",
        "s3cr3t\\0|is not one line of visible ASCII"
      })
  void refusesWhatIsNoToken(String content, String problem) throws IOException {
    write(content == null ? "" : content.translateEscapes());

    assertRefused(problem);
  }

  @Test
  void refusesAFileThatIsMissing() {
    assertRefused("does not exist");
  }

  @Test
  void refusesADirectory() throws IOException {
    Files.createDirectory(path);

    assertRefused("is no plain file");
  }

  @Test
  void isReadAgainWhenItWasWrittenInPlace() throws IOException {
    write("one");
    var file = TokenFile.open(path);
    write("two");

    assertEquals("two", file.token());
  }

  @Test
  void isReadAgainWhenAnotherOfTheSameSizeAndTimeWasMovedOverIt() throws IOException {
    writeLongAgo(path, "one");
    var file = TokenFile.open(path);
    writeLongAgo(directory.resolve("next"), "two");
    Files.move(directory.resolve("next"), path, StandardCopyOption.ATOMIC_MOVE);

    assertEquals("two", file.token());
  }

  @Test
  void isReadAgainWhenTheLinkToItWasSwapped() throws IOException {
    writeLongAgo(Files.createDirectory(directory.resolve("v1")).resolve("token"), "one");
    writeLongAgo(Files.createDirectory(directory.resolve("v2")).resolve("token"), "two");
    var data = Files.createSymbolicLink(directory.resolve("..data"), Path.of("v1"));
    var file = TokenFile.open(data.resolve("token"));
    assertEquals("one", file.token());
    Files.createSymbolicLink(directory.resolve("..tmp"), Path.of("v2"));
    Files.move(directory.resolve("..tmp"), data, StandardCopyOption.ATOMIC_MOVE);

    assertEquals("two", file.token());
  }

  @Test
  void isNotReadAgainWhileItIsTheSame() throws IOException {
    writeLongAgo(path, "one");
    var file = TokenFile.open(path);
    // The same inode, size and time: only who reads it can tell.
    writeLongAgo(path, "two");

    assertEquals("one", file.token());
  }

  @Test
  void keepsTheLastGoodTokenAndSaysSoOnce() throws IOException {
    write(SECRET);
    var file = TokenFile.open(path);
    try (var log = LogLines.of("dev.keyservice.client")) {
      write(SECRET + " and more");
      assertEquals(SECRET, file.token());
      assertEquals(SECRET, file.token());
      Files.delete(path);
      assertEquals(SECRET, file.token());
      assertEquals(SECRET, file.token());
      write("next");
      assertEquals("next", file.token());

      assertEquals(2, log.lines().size(), log.lines().toString());
      assertTrue(
          log.lines()
              .getFirst()
              .startsWith(
                  "KEYSERVICE_TOKEN_FILE: " + path + " is not one line of visible ASCII; the"),
          log.lines().toString());
      assertFalse(log.lines().toString().contains(SECRET), log.lines().toString());
    }
  }

  @Test
  void doesNotShowItsToken() throws IOException {
    write(SECRET);
    var file = TokenFile.open(path);

    assertFalse(List.of(file, new BearerToken(file)).toString().contains(SECRET));
  }

  private void assertRefused(String problem) {
    var refused = assertThrows(SettingRefused.class, () -> TokenFile.open(path));

    assertEquals("KEYSERVICE_TOKEN_FILE: " + path + " " + problem, refused.getMessage());
  }

  private void write(String content) throws IOException {
    Files.writeString(path, content);
  }

  private static void writeLongAgo(Path file, String content) throws IOException {
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
  }
}
