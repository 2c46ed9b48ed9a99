package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.identity.Vouching;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a policy says about authorities.
class TrustRulesTest {
  private static final String BINDINGS =
      "bindings:\n  - {name: a, callers: ['cn:a'], roles: [viewer], keys: ['*/*']}\n";

  private static final TestCa PROD = new TestCa("prod");
  private static final TestCa TEST = new TestCa("test");

  @TempDir Path dir;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(dir.resolve("prod.pem"), Pem.certificates(PROD.certificate()));
    Files.createDirectory(dir.resolve("more"));
    Files.writeString(
        dir.resolve("more/test.pem"), "the test CA\n" + Pem.certificates(TEST.certificate()));
    Files.writeString(
        dir.resolve("both.pem"), Pem.certificates(PROD.certificate(), TEST.certificate()));
    Files.writeString(dir.resolve("leaf.pem"), Pem.certificate(PROD.client("app")));
    Files.writeString(dir.resolve("key.pem"), Pem.key(PROD.client("app")));
    Files.writeString(dir.resolve("empty.pem"), "");
    var whole = Pem.certificates(PROD.certificate());
    Files.writeString(dir.resolve("cut.pem"), whole.substring(0, whole.length() / 2));
  }

  private Vouching vouching(String trust) throws IOException {
    var file = Files.writeString(dir.resolve("policy.yaml"), trust + BINDINGS);
    return AccessPolicyFile.load(file).vouching();
  }

  @Test
  void withoutTrustEveryAuthorityMayVouchForEveryone() throws IOException {
    assertEquals(Vouching.unrestricted(), vouching(""));
  }

  @Test
  void anAuthorityVouchesForWhatItsEntriesSay() throws IOException {
    var vouching =
        vouching(
            """
            trust:
              - {ca: prod.pem, spiffe: prod.example}
              - {ca: prod.pem, spiffe: edge.example, cn: false}
              - {ca: more/test.pem, cn: true}
            """);
    var prod = List.of(PROD.certificate());
    var test = List.of(TEST.certificate());

    assertTrue(vouching.allows("spiffe://prod.example/a", prod));
    assertTrue(vouching.allows("spiffe://edge.example/a", prod));
    assertFalse(vouching.allows("spiffe://prod.example.evil/a", prod));
    assertFalse(vouching.allows("cn:a", prod));
    assertTrue(vouching.allows("cn:a", test));
    assertFalse(vouching.allows("spiffe://prod.example/a", test));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "vouches for nothing | {ca: prod.pem} | trust[0]: vouches for nothing; give it 'spiffe' or 'cn: true'",
        "vouches for nothing in other words | {ca: prod.pem, cn: false} | trust[0]: vouches for nothing; give it 'spiffe' or 'cn: true'",
        "names no authority | {cn: true} | trust[0]: must have the field 'ca'",
        "has an unknown field | {ca: prod.pem, spifee: a} | trust[0].spifee: there is no such field; known are ca, cn, spiffe",
        "names a SPIFFE ID | {ca: prod.pem, spiffe: 'spiffe://prod.example'} | trust[0].spiffe: must be a trust domain, without 'spiffe://': a-z, 0-9, '.', '_' and '-'",
        "has a domain in upper case | {ca: prod.pem, spiffe: Prod.example} | trust[0].spiffe: must be a trust domain, without 'spiffe://': a-z, 0-9, '.', '_' and '-'",
        "has several domains | {ca: prod.pem, spiffe: [a, b]} | trust[0].spiffe: must be text",
        "has a word for a flag | {ca: prod.pem, cn: 'yes'} | trust[0].cn: must be true or false",
        "names a missing file | {ca: missing.pem, cn: true} | trust[0].ca: DIR/missing.pem does not exist",
        "names a directory | {ca: more, cn: true} | trust[0].ca: DIR/more is no plain file",
        "names two certificates | {ca: both.pem, cn: true} | trust[0].ca: DIR/both.pem must hold one certificate in PEM, and nothing else",
        "names a key | {ca: key.pem, cn: true} | trust[0].ca: DIR/key.pem must hold one certificate in PEM, and nothing else",
        "names an empty file | {ca: empty.pem, cn: true} | trust[0].ca: DIR/empty.pem must hold one certificate in PEM, and nothing else",
        "names half a certificate | {ca: cut.pem, cn: true} | trust[0].ca: DIR/cut.pem holds a certificate that cannot be read; is the file whole?",
        "names no authority's certificate | {ca: leaf.pem, cn: true} | trust[0].ca: DIR/leaf.pem holds a certificate that is not that of an authority",
      })
  void refusesAnEntryThat(String what, String entry, String message) {
    var refused = assertThrows(SettingRefused.class, () -> vouching("trust:\n  - " + entry + "\n"));

    assertEquals(
        "KEYSERVICE_POLICY_FILE: "
            + dir.resolve("policy.yaml")
            + ": "
            + message.replace("DIR", dir.toString()),
        refused.getMessage());
  }

  @Test
  void refusesTrustInNobody() {
    assertThrows(SettingRefused.class, () -> vouching("trust: []\n"));
  }

  @Test
  void tellsWhichFilesItDependsOnEvenWhenItIsRefused() throws IOException {
    var file =
        Files.writeString(
            dir.resolve("policy.yaml"),
            """
            trust:
              - {ca: missing.pem, cn: true}
              - {ca: prod.pem, cn: true}
            """
                + BINDINGS);
    var reading = new AccessPolicyFile(file);

    assertThrows(SettingRefused.class, reading::load);

    assertEquals(
        List.of(file, dir.resolve("missing.pem"), dir.resolve("prod.pem")), reading.files());
  }
}
