package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.Program.Ended;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CryptoKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The commands for tags, data keys, random bytes, re-encryption and batches, against the packaged
/// service.
@Timeout(300)
class DataCommandsIT {
  private static final int CIPHERTEXTS = Boolean.getBoolean("proof.full") ? 100_000 : 4_000;
  private static final int KILLS = Boolean.getBoolean("proof.full") ? 10 : 2;
  private static final Pattern PLAINTEXT = Pattern.compile("\"plaintext\":\"([^\"]*)\"");
  private static final Pattern CIPHERTEXT = Pattern.compile("\"ciphertext\":\"([^\"]*)\"");

  /// Apart from what the service has: the plaintexts are here.
  @TempDir private static Path files;

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    var all = new Calls(channels.of("all"));
    for (var key : List.of("old", "new", "third")) {
      var _ = all.createKey("data", key);
    }
    var _ = all.createKey("data", "tagging", CryptoKey.Purpose.MAC);
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private static Ended run(byte[] input, String... arguments)
      throws IOException, InterruptedException {
    return Program.run(installation.caller("all", service.port()), input, arguments);
  }

  private static Path temporary(String name) throws IOException {
    return Files.createTempFile(files, name, ".tmp");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String file(String name, byte[] content) throws IOException {
    return Files.write(files.resolve(name), content).toString();
  }

  private static void assertOk(Ended result) {
    assertEquals(0, result.exitCode(), result.error());
  }

  @Test
  void aTagIsMadeAndVerified() throws Exception {
    var data = Confided.PLAINTEXT.toByteArray();
    var tag = run(data, "mac", "sign", "data/tagging/1");
    var mac = file("tag", tag.out());

    var right = run(data, "mac", "verify", "data/tagging/1", "--mac-file", mac);
    var wrong = run(bytes("other"), "mac", "verify", "data/tagging/1", "--mac-file", mac);
    var noVersion = run(data, "mac", "sign", "data/tagging");
    var noTags = run(data, "mac", "sign", "data/old/1");

    assertOk(tag);
    assertEquals(32, tag.out().length);
    assertOk(right);
    assertEquals("", right.text());
    assertEquals(5, wrong.exitCode());
    assertEquals("keyservice: the tag is not that of the data\n", wrong.error());
    assertEquals(2, noVersion.exitCode(), noVersion.error());
    assertEquals(5, noTags.exitCode());
    assertTrue(noTags.error().contains("WRONG_PURPOSE"), noTags.error());
  }

  @Test
  void aMacKeyIsCreatedAndShownWithoutAPrimaryVersion() throws Exception {
    var created = run(bytes(""), "key", "create", "data/hooks", "--purpose", "MAC");
    var unknown = run(bytes(""), "key", "create", "data/hooks", "--purpose", "mac");

    assertOk(created);
    assertTrue(
        created.lines().getLast().matches("data/hooks +- +- +HMAC_SHA256 .*"), created.text());
    assertEquals(2, unknown.exitCode());
    assertTrue(unknown.error().contains("ENCRYPT_DECRYPT, MAC"), unknown.error());
  }

  @Test
  void aDataKeyComesBackFromItsCiphertext() throws Exception {
    var encrypted = files.resolve("data.key.enc");
    var aad = file("aad", bytes(Confided.AAD));
    var out = files.resolve("data.key");

    var made =
        run(
            bytes(""),
            "datakey",
            "data/old",
            "--length",
            "48",
            "--encrypted-out",
            encrypted.toString(),
            "--out",
            out.toString(),
            "--aad-file",
            aad);
    var opened = run(Files.readAllBytes(encrypted), "decrypt", "data/old", "--aad-file", aad);
    var secretly = run(bytes(""), "datakey", "data/old", "--without-plaintext");

    assertOk(made);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(out)));
    assertEquals(48, opened.out().length, opened.error());
    assertArrayEquals(Files.readAllBytes(out), opened.out());
    assertOk(secretly);
    assertEquals(32, run(secretly.out(), "decrypt", "data/old").out().length);
    assertEquals(2, run(bytes(""), "datakey", "data/old").exitCode());
    assertEquals(
        5,
        run(bytes(""), "datakey", "data/old", "--without-plaintext", "--length", "65").exitCode());
  }

  @Test
  void randomBytesAreDrawn() throws Exception {
    var drawn = run(bytes(""), "random", "1024");

    assertOk(drawn);
    assertEquals(1024, drawn.out().length);
    assertEquals(5, run(bytes(""), "random", "1025").exitCode());
    assertEquals(2, run(bytes(""), "random", "many").exitCode());
  }

  @Test
  void aCiphertextGoesOverWithItsAdditionalDataOrWithOthers() throws Exception {
    var text = Confided.PLAINTEXT.toByteArray();
    var aad = file("aad-1", bytes(Confided.AAD));
    var newAad = file("aad-2", bytes("new"));
    var old = run(text, "encrypt", "data/old", "--aad-file", aad).out();

    var same = run(old, "reencrypt", "data/old", "data/new", "--aad-file", aad);
    var other =
        run(
            old,
            "reencrypt",
            "data/old",
            "data/old/1",
            "--aad-file",
            aad,
            "--new-aad-file",
            newAad);
    var wrong = run(old, "reencrypt", "data/old", "data/new");

    assertOk(same);
    assertArrayEquals(text, run(same.out(), "decrypt", "data/new", "--aad-file", aad).out());
    assertOk(other);
    assertArrayEquals(text, run(other.out(), "decrypt", "data/old", "--aad-file", newAad).out());
    assertEquals(5, wrong.exitCode());
    assertTrue(wrong.error().contains("CANNOT_DECRYPT"), wrong.error());
  }

  private static String plain(int number) {
    return Base64.getEncoder().encodeToString(bytes("row " + number));
  }

  private static byte[] items(int count) {
    var text = new StringBuilder();
    IntStream.range(0, count)
        .forEach(i -> text.append("{\"plaintext\":\"").append(plain(i)).append("\"}\n"));
    return bytes(text.toString());
  }

  private static List<String> found(Pattern pattern, List<String> lines) {
    var found = new ArrayList<String>();
    for (var line : lines) {
      var match = pattern.matcher(line);
      found.add(match.find() ? match.group(1) : line);
    }
    return found;
  }

  private static byte[] ciphertexts(List<String> results) {
    var items = new StringBuilder();
    found(CIPHERTEXT, results)
        .forEach(bytes -> items.append("{\"ciphertext\":\"").append(bytes).append("\"}\n"));
    return bytes(items.toString());
  }

  private static List<String> plaintexts(String key, List<String> results) throws Exception {
    var decrypted = run(ciphertexts(results), "batch", "decrypt", key);
    assertOk(decrypted);
    return found(PLAINTEXT, decrypted.lines());
  }

  @Test
  void everyLineOfABatchHasItsResultInItsPlace() throws Exception {
    var encrypted = run(items(1_300), "batch", "encrypt", "data/old");
    var lines = encrypted.lines();
    var reEncrypted = run(ciphertexts(lines), "batch", "reencrypt", "data/old", "data/new/1");

    assertOk(encrypted);
    assertEquals(1_300, lines.size());
    assertTrue(lines.getFirst().startsWith("{\"encrypted\":{\"name\":"), lines.getFirst());
    assertOk(reEncrypted);
    assertEquals(
        IntStream.range(0, 1_300).mapToObj(DataCommandsIT::plain).toList(),
        plaintexts("data/new", reEncrypted.lines()));
    assertOk(run(bytes(""), "batch", "encrypt", "data/old"));
  }

  @Test
  void largeItemsAreSentInAsManyBatchesAsTheyNeed() throws Exception {
    var large = Base64.getEncoder().encodeToString(new byte[65_536]);
    var line = "{\"plaintext\":\"" + large + "\"}\n";

    var encrypted = run(bytes(line.repeat(40)), "batch", "encrypt", "data/old");

    assertOk(encrypted);
    assertEquals(
        List.of(large), List.copyOf(new HashSet<>(plaintexts("data/old", encrypted.lines()))));
    assertEquals(40, encrypted.lines().size());
  }

  @Test
  void anItemThatFailsHasItsErrorAndTheRestGoesOn() throws Exception {
    var good = run(items(1), "batch", "encrypt", "data/old").lines();
    var item = new String(ciphertexts(good), StandardCharsets.UTF_8);

    var result =
        run(
            bytes(item + "{\"ciphertext\":\"AAAA\"}\n{}\n" + item.strip()),
            "batch",
            "decrypt",
            "data/old");

    assertEquals(5, result.exitCode());
    assertEquals("keyservice: 2 of 4 items failed\n", result.error());
    assertEquals(4, result.lines().size());
    assertTrue(result.lines().get(1).contains("\"reason\":\"CANNOT_DECRYPT\""), result.text());
    assertTrue(result.lines().get(2).contains("\"field\":\"ciphertext\""), result.text());
    assertTrue(result.lines().getLast().contains(plain(0)), result.text());
  }

  @Test
  void aLineThatIsNoItemEndsTheCommandByItsNumber() throws Exception {
    for (var bad : List.of("{\"plain\":\"\"}", "[]")) {
      var result = run(bytes("{}\n" + bad + "\n{}\n"), "batch", "encrypt", "data/old");
      assertEquals(2, result.exitCode(), bad);
      assertTrue(
          result.error().startsWith("keyservice: line 2 is no item: "), bad + result.error());
    }
  }

  @Test
  void aFileOfCiphertextsGoesOverHoweverOftenItIsInterrupted() throws Exception {
    var encrypted = run(items(CIPHERTEXTS), "batch", "encrypt", "data/old");
    assertOk(encrypted);
    var input = file("ciphertexts.jsonl", ciphertexts(encrypted.lines()));
    var whole = files.resolve("whole.jsonl");
    var broken = files.resolve("broken.jsonl");

    var uninterrupted = run(bytes(""), toNew(input, whole));
    var done = 0L;
    var cuts = new ArrayList<Long>();
    for (var kill = 0; kill < KILLS; kill++) {
      done = killAfter(done, input, broken);
      cuts.add(done);
      // As if it had been killed within a write.
      Files.writeString(broken, "{\"reEncrypted\":{\"na", StandardOpenOption.APPEND);
    }
    var last = run(bytes(""), toNew(input, broken));
    var once = run(bytes(""), toNew(input, broken));

    assertOk(uninterrupted);
    assertOk(last);
    assertTrue(last.error().contains("goes on after " + done + " results of"), last.error());
    assertTrue(last.error().contains("100 %"), last.error());
    assertOk(once);
    var results = Files.readAllLines(broken);
    assertEquals(CIPHERTEXTS, results.size());
    var expected = IntStream.range(0, CIPHERTEXTS).mapToObj(DataCommandsIT::plain).toList();
    assertEquals(expected, plaintexts("data/new", Files.readAllLines(whole)));
    assertEquals(expected, plaintexts("data/new", results));
    System.out.printf(
        "proof: %,d ciphertexts re-encrypted, killed after %s: each once and in its place, as"
            + " without a kill%n",
        CIPHERTEXTS, cuts);
  }

  private static String[] toNew(String input, Path output) {
    return new String[] {
      "reencrypt", "data/old", "data/new", "--file", input, "--out", output.toString()
    };
  }

  /// @return how many results there are then
  private static long killAfter(long done, String input, Path output) throws Exception {
    var program = Program.process(files.toFile(), toNew(input, output));
    program.environment().putAll(installation.caller("all", service.port()));
    var process =
        program.redirectErrorStream(true).redirectOutput(temporary("out").toFile()).start();
    while (results(output) <= done) {
      assertTrue(process.isAlive() || results(output) > done);
      TimeUnit.MILLISECONDS.sleep(2);
    }
    process.destroyForcibly();
    process.waitFor();
    var now = results(output);
    assertTrue(now < CIPHERTEXTS, "it was done before it was killed");
    return now;
  }

  private static long results(Path output) throws IOException {
    return Files.exists(output)
        ? Files.readString(output).chars().filter(c -> c == '\n').count()
        : 0;
  }

  @Test
  void resultsAreNeverAddedToAnotherFile() throws Exception {
    var encrypted = run(items(3), "batch", "encrypt", "data/old").lines();
    var input = file("three.jsonl", ciphertexts(encrypted));
    var shorter = file("two.jsonl", ciphertexts(encrypted.subList(0, 2)));
    var output = files.resolve("three.out");
    assertOk(run(bytes(""), toNew(input, output)));
    var before = Files.readString(output);

    var otherKey =
        run(
            bytes(""),
            "reencrypt",
            "data/old",
            "data/third",
            "--file",
            input,
            "--out",
            output.toString());
    var otherInput = run(bytes(""), toNew(shorter, output));
    var notes = Path.of(file("notes", bytes("my notes\n")));
    var otherFile = run(bytes(""), toNew(input, notes));
    var noOut = run(bytes(""), "reencrypt", "data/old", "data/new", "--file", input);

    assertEquals(2, otherKey.exitCode(), otherKey.error());
    assertTrue(otherKey.error().contains("ciphertexts of another key"), otherKey.error());
    assertEquals(2, otherInput.exitCode(), otherInput.error());
    assertEquals(2, otherFile.exitCode(), otherFile.error());
    assertEquals("my notes\n", Files.readString(notes));
    assertEquals(2, noOut.exitCode(), noOut.error());
    assertEquals(before, Files.readString(output));
    assertFalse(before.contains("error"));
  }

  @Test
  void aCiphertextThatDoesNotOpenIsInTheResultsAndInTheExitCode() throws Exception {
    var input = file("bad.jsonl", bytes("{\"ciphertext\":\"AAAA\"}\n"));
    var output = files.resolve("bad.out");

    var first = run(bytes(""), toNew(input, output));
    var again = run(bytes(""), toNew(input, output));

    for (var result : List.of(first, again)) {
      assertEquals(5, result.exitCode());
      assertTrue(result.error().contains("1 of 1 items failed"), result.error());
    }
    assertEquals(1, Files.readAllLines(output).size());
  }
}
