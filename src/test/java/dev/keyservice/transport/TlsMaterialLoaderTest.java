package dev.keyservice.transport;

import static dev.keyservice.transport.TlsFiles.CA_SETTING;
import static dev.keyservice.transport.TlsFiles.CERTIFICATE_SETTING;
import static dev.keyservice.transport.TlsFiles.KEY_SETTING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TlsMaterialLoaderTest {
  private static final TestCa CA = new TestCa();
  private static final TestCa WEAK_CA = TestCa.rsa(1024);

  private final TlsMaterialLoader loader = new TlsMaterialLoader(Clock.systemUTC());

  @TempDir Path directory;
  private Path ca;
  private Path certificate;
  private Path key;

  /// What is done to good files, so that they are bad.
  @FunctionalInterface
  interface Damage {
    void to(TlsMaterialLoaderTest files) throws IOException;
  }

  @BeforeEach
  void writeGoodFiles() throws IOException {
    ca = directory.resolve("ca.pem");
    certificate = directory.resolve("tls.crt");
    key = directory.resolve("tls.key");
    writeServer(CA.server());
    MintedCertificate.writeCertificates(ca, List.of(CA.certificate()));
  }

  @Test
  void loadsWhatFitsTogether() {
    var material = loader.load(server());

    assertEquals(List.of(CA.certificate()), material.anchors());
    assertEquals(
        CA.certificate().getSubjectX500Principal(),
        material.identity().orElseThrow().certificate().getIssuerX500Principal());
  }

  @Test
  void loadsARsaKey() throws IOException {
    writeServer(CA.rsaServer());

    assertEquals("RSA", loader.load(server()).identity().orElseThrow().key().getAlgorithm());
  }

  @Test
  void loadsAChainInItsOrder() throws IOException {
    var intermediate = CA.intermediate("between");
    var leaf = intermediate.serverBelow();
    writeServer(leaf);
    var chain = List.of(leaf.certificate(), intermediate.certificate(), CA.certificate());
    MintedCertificate.writeCertificates(certificate, chain);

    assertEquals(chain, loader.load(server()).identity().orElseThrow().chain());
  }

  @Test
  void leavesAnExpiredCaOutOfTheBundle() throws IOException {
    MintedCertificate.writeCertificates(
        ca, List.of(TestCa.expired().certificate(), CA.certificate()));

    assertEquals(List.of(CA.certificate()), loader.load(server()).anchors());
  }

  @Test
  void needsNoFilesForAClientThatBelievesTheSystem() {
    var material = loader.load(TlsFiles.ofClient(null, null, null));

    assertEquals(List.<X509Certificate>of(), material.anchors());
    assertEquals(Optional.empty(), material.identity());
  }

  @Test
  void namesTheClientInItsRefusals() {
    var refused =
        assertThrows(
            SettingRefused.class, () -> loader.load(TlsFiles.ofClient(ca, certificate, key)));

    assertEquals(CERTIFICATE_SETTING, refused.setting());
    assertTrue(refused.toString().contains("the client's certificate"), refused.toString());
    assertTrue(refused.toString().contains("lacks clientAuth"), refused.toString());
  }

  @Test
  void namesTheFileThatAServerLacks() {
    assertEquals(CA_SETTING, missing(null, certificate, key));
    assertEquals(CERTIFICATE_SETTING, missing(ca, null, key));
    assertEquals(KEY_SETTING, missing(ca, certificate, null));
  }

  @Test
  void wantsCertificateAndKeyOfAClientTogether() {
    assertEquals(
        KEY_SETTING,
        assertThrows(SettingRefused.class, () -> TlsFiles.ofClient(null, certificate, null))
            .setting());
    assertEquals(
        CERTIFICATE_SETTING,
        assertThrows(SettingRefused.class, () -> TlsFiles.ofClient(null, null, key)).setting());
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        bad(
            "no CA file",
            MaterialProblem.UNREADABLE,
            CA_SETTING,
            "does not exist",
            t -> Files.delete(t.ca)),
        bad(
            "empty CA file",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "holds no PEM block",
            t -> Files.writeString(t.ca, "")),
        bad(
            "garbage",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "holds no PEM block",
            t -> Files.write(t.ca, new byte[99])),
        bad(
            "bundle cut in its body",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "is the file whole",
            t -> t.appendPart(t.ca, 200)),
        bad(
            "bundle cut in BEGIN",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "is the file whole",
            t -> t.appendPart(t.ca, 12)),
        bad(
            "bundle cut in END",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "is the file whole",
            t -> t.appendPart(t.ca, -12)),
        bad(
            "bundle with a broken body",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "is the file whole",
            t -> t.breakBody(t.ca)),
        bad(
            "bundle with a key",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "something else than certificates",
            t -> Files.writeString(t.ca, Files.readString(t.ca) + Files.readString(t.key))),
        bad(
            "bundle with a leaf",
            MaterialProblem.WRONG_ROLE,
            CA_SETTING,
            "is not a CA",
            t -> MintedCertificate.writeCertificates(t.ca, List.of(CA.server().certificate()))),
        bad(
            "bundle of expired CAs",
            MaterialProblem.EXPIRED,
            CA_SETTING,
            "has expired",
            t ->
                MintedCertificate.writeCertificates(t.ca, List.of(TestCa.expired().certificate()))),
        bad(
            "directory",
            MaterialProblem.UNREADABLE,
            CERTIFICATE_SETTING,
            "is a directory",
            t -> t.certificate = t.directory),
        bad(
            "no certificate",
            MaterialProblem.UNREADABLE,
            CERTIFICATE_SETTING,
            "does not exist",
            t -> Files.delete(t.certificate)),
        bad(
            "certificate too large",
            MaterialProblem.UNREADABLE,
            CERTIFICATE_SETTING,
            "larger than 1 MiB",
            t -> Files.write(t.certificate, new byte[(1 << 20) + 1])),
        bad(
            "expired",
            MaterialProblem.EXPIRED,
            CERTIFICATE_SETTING,
            "the server's certificate 'CN=keyservice' expired at",
            t -> t.writeServer(CA.expiredServer())),
        bad(
            "not yet valid",
            MaterialProblem.NOT_YET_VALID,
            CERTIFICATE_SETTING,
            "is not valid before",
            t -> t.writeServer(CA.futureServer())),
        bad(
            "for clients only",
            MaterialProblem.WRONG_USAGE,
            CERTIFICATE_SETTING,
            "lacks serverAuth",
            t -> t.writeServer(CA.client("payments"))),
        bad(
            "a CA itself",
            MaterialProblem.WRONG_ROLE,
            CERTIFICATE_SETTING,
            "is a CA",
            t -> t.writeServer(CA.authorityAsClient("payments"))),
        bad(
            "chain of strangers",
            MaterialProblem.CHAIN_BROKEN,
            CERTIFICATE_SETTING,
            "did not issue the one before it",
            t -> t.writeChain(CA.server().certificate(), new TestCa().certificate())),
        bad(
            "chain without its middle",
            MaterialProblem.CHAIN_BROKEN,
            CERTIFICATE_SETTING,
            "did not issue the one before it",
            t ->
                t.writeChain(
                    CA.intermediate("between").serverBelow().certificate(), CA.certificate())),
        bad(
            "key of another certificate",
            MaterialProblem.KEY_MISMATCH,
            KEY_SETTING,
            "has another key",
            t -> CA.server().writePem(t.directory.resolve("other.crt"), t.key)),
        bad(
            "key of another algorithm",
            MaterialProblem.KEY_MISMATCH,
            KEY_SETTING,
            "has another key",
            t -> CA.rsaServer().writePem(t.directory.resolve("other.crt"), t.key)),
        bad(
            "certificate in place of the key",
            MaterialProblem.MALFORMED,
            KEY_SETTING,
            "something else than a private key",
            t -> t.key = t.certificate),
        bad(
            "two keys",
            MaterialProblem.MALFORMED,
            KEY_SETTING,
            "holds 2 private keys",
            t -> Files.writeString(t.key, Files.readString(t.key).repeat(2))),
        bad(
            "bundle with an indented CA",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "indented",
            t -> t.append(t.ca, Files.readString(t.ca).replace("-----BEGIN", " -----BEGIN"))),
        bad(
            "bundle after a byte order mark",
            MaterialProblem.MALFORMED,
            CA_SETTING,
            "is the file whole",
            t -> Files.writeString(t.ca, "\ufeff" + Files.readString(t.ca).repeat(2))),
        bad(
            "device without an end",
            MaterialProblem.UNREADABLE,
            CA_SETTING,
            "is no plain file",
            t -> t.ca = Path.of("/dev/zero")),
        bad(
            "bundle with a weak CA",
            MaterialProblem.WEAK,
            CA_SETTING,
            "'CN=RSA CA' has a key that is RSA of less than 2048 bits",
            t -> MintedCertificate.writeCertificates(t.ca, List.of(WEAK_CA.certificate()))),
        bad(
            "weak key",
            MaterialProblem.WEAK,
            CERTIFICATE_SETTING,
            "RSA of less than 2048 bits; renew it",
            t -> t.writeServer(CA.weakServer())),
        bad(
            "key on another curve",
            MaterialProblem.KEY_MISMATCH,
            KEY_SETTING,
            "has another key",
            t -> CA.serverOnCurve(384).writePem(t.directory.resolve("other.crt"), t.key)),
        bad(
            "half a key",
            MaterialProblem.MALFORMED,
            KEY_SETTING,
            "is the file whole",
            t -> t.breakBody(t.key)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void refuses(String name, MaterialProblem kind, String setting, String problem, Damage damage)
      throws IOException {
    damage.to(this);

    var refused = assertThrows(MaterialRefused.class, () -> loader.load(server()));

    assertEquals(kind, refused.problem(), refused.toString());
    assertEquals(setting, refused.setting());
    assertTrue(refused.toString().contains(problem), refused.toString());
  }

  private static Arguments bad(
      String name, MaterialProblem kind, String setting, String problem, Damage damage) {
    return arguments(name, kind, setting, problem, damage);
  }

  private static String missing(@Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
    return assertThrows(SettingRefused.class, () -> TlsFiles.ofServer(ca, certificate, key))
        .setting();
  }

  private TlsFiles server() {
    return TlsFiles.ofServer(ca, certificate, key);
  }

  private void writeServer(MintedCertificate leaf) throws IOException {
    leaf.writePem(certificate, key);
  }

  private void writeChain(X509Certificate... chain) throws IOException {
    MintedCertificate.writeCertificates(certificate, List.of(chain));
  }

  /// Adds the beginning of a second block, or all of one but its end.
  private void appendPart(Path file, int length) throws IOException {
    var block = Files.readString(file);
    var part = block.substring(0, length < 0 ? block.length() + length : length);
    Files.writeString(file, block + part);
  }

  private void append(Path file, String text) throws IOException {
    Files.writeString(file, Files.readString(file) + text);
  }

  private void breakBody(Path file) throws IOException {
    var lines = Files.readAllLines(file);
    lines.remove(lines.size() / 2);
    Files.write(file, lines);
  }
}
