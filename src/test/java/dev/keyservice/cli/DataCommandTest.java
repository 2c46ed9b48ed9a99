package dev.keyservice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DataCommandTest extends CommandTest {
  private static final byte[] LETTER = "Dear friend\n".getBytes(StandardCharsets.UTF_8);

  @Test
  void encryptsAndDecryptsOnTheStandardStreams() {
    var every = new byte[65_536];
    new Random(1).nextBytes(every);

    var sealed = alice().in(every).run("encrypt", "a/b");
    var opened = alice().in(sealed.bytes()).run("decrypt", "a/b");

    assertEquals(0, sealed.exitCode(), sealed.err());
    assertEquals(0, opened.exitCode(), opened.err());
    assertFalse(java.util.Arrays.equals(every, sealed.bytes()));
    assertArrayEquals(every, opened.bytes());
  }

  @Test
  void encryptsNothingAtAll() {
    var result = alice().run("encrypt", "a/b");

    assertEquals(0, result.exitCode(), result.err());
    assertEquals(0, result.bytes().length);
  }

  @Test
  void encryptsWithAVersion() {
    assertEquals(0, alice().in(LETTER).run("encrypt", "a/b/7").exitCode());
  }

  @Test
  void encryptsAndDecryptsFiles() throws IOException {
    var letter = directory.resolve("letter");
    var sealed = directory.resolve("letter.enc");
    var opened = directory.resolve("letter.again");
    var aad = directory.resolve("aad");
    Files.write(letter, LETTER);
    Files.writeString(aad, "context");

    var encrypting =
        alice()
            .run(
                "encrypt",
                "a/b",
                "--in",
                letter + "",
                "--out",
                sealed + "",
                "--aad-file",
                aad + "");
    var decrypting =
        alice()
            .run(
                "decrypt",
                "a/b",
                "--in",
                sealed + "",
                "--out",
                opened + "",
                "--aad-file",
                aad + "");

    assertEquals(0, encrypting.exitCode(), encrypting.err());
    assertEquals(0, decrypting.exitCode(), decrypting.err());
    assertEquals("", encrypting.out() + decrypting.out());
    assertTrue(Files.readString(sealed, StandardCharsets.ISO_8859_1).startsWith("context"));
    assertArrayEquals(LETTER, Files.readAllBytes(opened));
  }

  @Test
  void keepsPlaintextFromEveryoneElse() throws IOException {
    var out = directory.resolve("out");
    Files.createFile(
        out, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));

    var _ = alice().in(LETTER).run("decrypt", "a/b", "--out", out.toString());

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(out)));
  }

  @Test
  void leavesAFileAsItWasWhenTheServiceRefuses() throws IOException {
    var out = directory.resolve("out");
    Files.writeString(out, "before");
    service.failWith(1, Code.INVALID_ARGUMENT, "no", "CANNOT_DECRYPT");

    var result = alice().in(LETTER).run("decrypt", "a/b", "--out", out.toString());

    assertEquals(5, result.exitCode());
    assertEquals("before", Files.readString(out));
    assertOnly(out);
  }

  @Test
  void leavesNoOtherFileBehind() throws IOException {
    var out = directory.resolve("out");

    var _ = alice().in(LETTER).run("encrypt", "a/b", "--out", out.toString());

    assertOnly(out);
  }

  @Test
  void writesThroughALink() throws IOException {
    var target = directory.resolve("target");
    Files.writeString(target, "before");
    var link = Files.createSymbolicLink(directory.resolve("link"), target);

    var _ = alice().in(LETTER).run("encrypt", "a/b", "--out", link.toString());

    assertTrue(Files.isSymbolicLink(link));
    assertEquals(LETTER.length, Files.size(target));
  }

  @Test
  void writesToADeviceInsteadOfReplacingIt() {
    var device = Path.of("/dev/null");

    var result = alice().in(LETTER).run("encrypt", "a/b", "--out", device.toString());

    assertEquals(0, result.exitCode(), result.err());
    assertFalse(Files.isRegularFile(device));
  }

  @Test
  void refusesACiphertextThatCannotBeOne() {
    var result = alice().in(new byte[66_561]).run("decrypt", "a/b");

    assertEquals(2, result.exitCode());
    assertEquals(
        "keyservice: standard input is larger than 66,560 bytes, and so no ciphertext of this"
            + " service\n",
        result.err());
  }

  private void assertOnly(Path file) throws IOException {
    try (var files = Files.list(directory)) {
      assertEquals(java.util.List.of(file), files.toList());
    }
  }
}
