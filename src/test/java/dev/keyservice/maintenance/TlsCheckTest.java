package dev.keyservice.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.maintenance.TlsCheck.Files;
import dev.keyservice.maintenance.TlsCheck.Side;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsCheckTest {
  private static final TestCa CA = new TestCa();
  private static final TestCa OTHER = new TestCa("other CA");

  @TempDir Path directory;

  @Test
  void tellsWhatAServersFilesSay() throws IOException {
    var server = CA.server();

    var report = look(files(server, CA));

    var facts = report.chain().getFirst();
    assertEquals(Side.SERVER, report.side());
    assertEquals("CN=keyservice", facts.subject());
    assertEquals(List.of("DNS:localhost", "IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1"), facts.names());
    assertEquals("EC P-256", facts.key());
    assertEquals("CN=test CA", facts.issuer());
    assertEquals(server.certificate().getSerialNumber().toString(16), facts.serial());
    assertEquals(server.certificate().getNotAfter().toInstant(), facts.notAfter());
    assertEquals(64, facts.sha256().length());
    assertEquals(List.of(CertificateFacts.of(CA.certificate())), report.authorities());
    assertEquals(Optional.of("CN=test CA"), report.signedBy());
    assertEquals(Optional.empty(), report.identity());
    assertEquals(Optional.empty(), report.refusal());
  }

  @Test
  void tellsTheSizeOfAnRsaKey() throws IOException {
    assertEquals("RSA 2048", look(files(CA.rsaServer(), CA)).chain().getFirst().key());
  }

  @Test
  void tellsAsWhomAServiceKnowsAClient() throws IOException {
    var named = look(files(CA.client("app"), CA));
    var workload = look(files(CA.client("app", URI.create("spiffe://a.example/b")), CA));

    assertEquals(Side.CLIENT, named.side());
    assertEquals(Optional.of("cn:app"), named.identity());
    assertEquals(Optional.of("spiffe://a.example/b"), workload.identity());
    assertEquals(List.of("URI:spiffe://a.example/b"), workload.chain().getFirst().names());
  }

  @Test
  void refusesAClientWhomNoServiceWouldKnow() throws IOException {
    var report = look(files(CA.clientNamed("O=nobody"), CA));

    assertRefused(
        "KEYSERVICE_TLS_CERT_FILE: no service would know this client: the certificate has neither"
            + " a SPIFFE ID nor a common name",
        report);
    assertEquals(Optional.empty(), report.identity());
  }

  @Test
  void tellsAboutAnExpiredCertificateWhatItSaysAndThatItIsRefused() throws IOException {
    var expired = CA.expiredClient("app");

    var report = look(files(expired, CA));

    assertEquals("CN=app", report.chain().getFirst().subject());
    assertRefused(
        "KEYSERVICE_TLS_CERT_FILE: the client's certificate 'CN=app' expired at "
            + expired.certificate().getNotAfter().toInstant()
            + "; renew it",
        report);
  }

  @Test
  void refusesACertificateForTheOtherSide() throws IOException {
    var report =
        new TlsCheck(Clock.systemUTC(), "0s", "required")
            .look(files(CA.client("app"), CA), server());

    assertEquals(Side.SERVER, report.side());
    assertRefused(
        "KEYSERVICE_TLS_CERT_FILE: the server's certificate 'CN=app' is not for a server: its"
            + " extended key usage lacks serverAuth",
        report);
  }

  @Test
  void refusesAServerWithoutAuthoritiesForItsClients() throws IOException {
    var all = files(CA.server(), CA);

    var report = look(new Files(null, all.certificate(), all.key(), null));

    assertRefused(
        "KEYSERVICE_TLS_CA_FILE: is missing; name the file with the CA certificates (PEM) that"
            + " vouch for clients",
        report);
  }

  @Test
  void takesACertificateOfAnotherAuthorityThanTheOnesItBelieves() throws IOException {
    var report = look(files(CA.server(), OTHER));

    assertEquals(Optional.empty(), report.signedBy());
    assertEquals(Optional.empty(), report.refusal());
  }

  @Test
  void tellsTheWholeChain() throws IOException {
    var intermediate = CA.intermediate("intermediate CA");
    var leaf = intermediate.serverBelow();
    var files = files(leaf, CA);
    MintedCertificate.writeCertificates(
        directory.resolve("tls.crt"), List.of(leaf.certificate(), intermediate.certificate()));

    var report = look(files);

    assertEquals(
        List.of("CN=keyservice", "CN=intermediate CA"),
        report.chain().stream().map(CertificateFacts::subject).toList());
    assertEquals(Optional.of("CN=test CA"), report.signedBy());
    assertEquals(Optional.empty(), report.refusal());
  }

  @Test
  void tellsWhatTheRevocationListsSay() throws IOException {
    var list = CA.crl().number(7).revoking(CA.client("b").certificate()).build();

    var report = look(files(CA.client("a"), CA, list(list)));

    var facts = report.lists().getFirst();
    assertEquals("CN=test CA", facts.issuer());
    assertEquals(Optional.of("7"), facts.number());
    assertEquals(1, facts.entries());
    assertEquals(Optional.of(list.getNextUpdate().toInstant()), facts.next());
    assertEquals(List.of(), facts.revoked());
    assertEquals(Optional.empty(), report.refusal());
  }

  @Test
  void refusesACertificateThatTheListsRevoke() throws IOException {
    var client = CA.client("a");

    var report = look(files(client, CA, list(CA.crl().revoking(client.certificate()).build())));

    assertEquals(List.of("CN=a"), report.lists().getFirst().revoked());
    assertRefused(
        "KEYSERVICE_TLS_CERT_FILE: 'CN=a' is revoked by the list of 'CN=test CA' in"
            + " KEYSERVICE_TLS_CRL_FILE",
        report);
  }

  @Test
  void takesFilesThatSayOnlyWhomToBelieve() throws IOException {
    var ca = files(CA.server(), CA).ca();

    var report = look(new Files(ca, null, null, null));

    assertEquals(Side.CLIENT, report.side());
    assertEquals(List.of(), report.chain());
    assertEquals(Optional.empty(), report.refusal());
  }

  @Test
  void refusesToLookAtNothing() {
    var refused = assertThrows(SettingRefused.class, () -> look(new Files(null, null, null, null)));

    assertEquals("KEYSERVICE_TLS_CERT_FILE", refused.setting());
  }

  private static TlsReport look(Files files) {
    return new TlsCheck(Clock.systemUTC(), "0s", "required").look(files, Optional.empty());
  }

  private static Optional<Side> server() {
    return Optional.of(Side.SERVER);
  }

  private static void assertRefused(String message, TlsReport report) {
    assertTrue(report.refusal().isPresent());
    assertEquals(message, report.refusal().get().getMessage());
  }

  private Files files(MintedCertificate leaf, TestCa believed) throws IOException {
    var files = believed.serverFiles(directory, leaf);
    return new Files(files.ca(), files.certificate(), files.key(), null);
  }

  private Files files(MintedCertificate leaf, TestCa believed, Path crl) throws IOException {
    var files = files(leaf, believed);
    return new Files(files.ca(), files.certificate(), files.key(), crl);
  }

  private Path list(X509CRL list) throws IOException {
    var file = directory.resolve("crl.pem");
    TestCrl.write(file, list);
    return file;
  }
}
