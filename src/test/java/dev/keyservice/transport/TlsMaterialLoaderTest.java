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
        bad("no CA file", CA_SETTING, "does not exist", t -> Files.delete(t.ca)),
        bad("empty CA file", CA_SETTING, "holds no PEM block", t -> Files.writeString(t.ca, "")),
        bad("garbage", CA_SETTING, "holds no PEM block", t -> Files.write(t.ca, new byte[99])),
        bad(
            "bundle cut in its body",
            CA_SETTING,
            "is the file whole",
            t -> t.appendPart(t.ca, 200)),
        bad("bundle cut in BEGIN", CA_SETTING, "is the file whole", t -> t.appendPart(t.ca, 12)),
        bad("bundle cut in END", CA_SETTING, "is the file whole", t -> t.appendPart(t.ca, -12)),
        bad("bundle with a broken body", CA_SETTING, "is the file whole", t -> t.breakBody(t.ca)),
        bad(
            "bundle with a key",
            CA_SETTING,
            "something else than certificates",
            t -> Files.writeString(t.ca, Files.readString(t.ca) + Files.readString(t.key))),
        bad(
            "bundle with a leaf",
            CA_SETTING,
            "is not a CA",
            t -> MintedCertificate.writeCertificates(t.ca, List.of(CA.server().certificate()))),
        bad(
            "bundle of expired CAs",
            CA_SETTING,
            "has expired",
            t ->
                MintedCertificate.writeCertificates(t.ca, List.of(TestCa.expired().certificate()))),
        bad("directory", CERTIFICATE_SETTING, "is a directory", t -> t.certificate = t.directory),
        bad(
            "no certificate",
            CERTIFICATE_SETTING,
            "does not exist",
            t -> Files.delete(t.certificate)),
        bad(
            "certificate too large",
            CERTIFICATE_SETTING,
            "larger than 1 MiB",
            t -> Files.write(t.certificate, new byte[(1 << 20) + 1])),
        bad(
            "expired",
            CERTIFICATE_SETTING,
            "the server's certificate 'CN=keyservice' expired at",
            t -> t.writeServer(CA.expiredServer())),
        bad(
            "not yet valid",
            CERTIFICATE_SETTING,
            "is not valid before",
            t -> t.writeServer(CA.futureServer())),
        bad(
            "for clients only",
            CERTIFICATE_SETTING,
            "lacks serverAuth",
            t -> t.writeServer(CA.client("payments"))),
        bad(
            "a CA itself",
            CERTIFICATE_SETTING,
            "is a CA",
            t -> t.writeServer(CA.authorityAsClient("payments"))),
        bad(
            "chain of strangers",
            CERTIFICATE_SETTING,
            "did not issue the one before it",
            t -> t.writeChain(CA.server().certificate(), new TestCa().certificate())),
        bad(
            "chain without its middle",
            CERTIFICATE_SETTING,
            "did not issue the one before it",
            t ->
                t.writeChain(
                    CA.intermediate("between").serverBelow().certificate(), CA.certificate())),
        bad(
            "key of another certificate",
            KEY_SETTING,
            "has another key",
            t -> CA.server().writePem(t.directory.resolve("other.crt"), t.key)),
        bad(
            "key of another algorithm",
            KEY_SETTING,
            "has another key",
            t -> CA.rsaServer().writePem(t.directory.resolve("other.crt"), t.key)),
        bad(
            "certificate in place of the key",
            KEY_SETTING,
            "something else than a private key",
            t -> t.key = t.certificate),
        bad(
            "two keys",
            KEY_SETTING,
            "holds 2 private keys",
            t -> Files.writeString(t.key, Files.readString(t.key).repeat(2))),
        bad("half a key", KEY_SETTING, "is the file whole", t -> t.breakBody(t.key)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void refuses(String name, String setting, String problem, Damage damage) throws IOException {
    damage.to(this);

    var refused = assertThrows(SettingRefused.class, () -> loader.load(server()));

    assertEquals(setting, refused.setting());
    assertTrue(refused.toString().contains(problem), refused.toString());
  }

  private static Arguments bad(String name, String setting, String problem, Damage damage) {
    return arguments(name, setting, problem, damage);
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

  private void breakBody(Path file) throws IOException {
    var lines = Files.readAllLines(file);
    lines.remove(lines.size() / 2);
    Files.write(file, lines);
  }
}
