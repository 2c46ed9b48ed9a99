package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.CertificateMint;
import dev.keyservice.maintenance.CertificateMint.Validity;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import dev.keyservice.transport.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a client says when one side does not believe the other's certificate: a real server for
/// every sentence.
class TrustDiagnosisTest {
  private static final TestCa OURS = new TestCa("our CA");
  private static final TestCa NAMESAKE = new TestCa("our CA");
  private static final TestCa THEIRS = new TestCa("their CA");

  @TempDir static Path directory;

  /// @param serverTime by which the server finds its own files valid
  /// @param sentence with `{ca}` and `{crl}` for the client's files
  record Row(String what, TlsFiles server, Instant serverTime, TlsFiles client, String sentence) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Row> rows() throws IOException {
    var yesterday = OURS.expiredServer();
    var tomorrow = OURS.futureServer();
    var revoked = OURS.server();
    var revokedClient = OURS.client("revoked");
    return Stream.of(
        row(
            "the server is of an authority that is not in the file",
            server("1", THEIRS.server(), OURS),
            anonymous("1", OURS),
            "the server's certificate is not signed by KEYSERVICE_TLS_CA_FILE ({ca}), but by"
                + " 'CN=their CA'"),
        row(
            "the CA files are swapped",
            server("2", THEIRS.server(), OURS),
            client("2", OURS.client("alice"), OURS),
            "the server's certificate is not signed by KEYSERVICE_TLS_CA_FILE ({ca}), but by"
                + " 'CN=their CA'; that file has 'CN=our CA', the authority of this client's own"
                + " certificate: are two CA files swapped?"),
        row(
            "another authority has the same name",
            server("3", NAMESAKE.server(), OURS),
            client("3", OURS.client("alice"), OURS),
            "the server's certificate is not signed by KEYSERVICE_TLS_CA_FILE ({ca}), but by"
                + " another 'CN=our CA' than the one there"),
        row(
            "the system does not know the authority",
            server("4", OURS.server(), OURS),
            TlsFiles.ofClient(null, null, null),
            "the server's certificate is not signed by an authority of this system, but by 'CN=our"
                + " CA'; set KEYSERVICE_TLS_CA_FILE"),
        new Row(
            "the server's certificate has expired",
            server("5", yesterday, OURS),
            yesterday.certificate().getNotBefore().toInstant().plusSeconds(1),
            client("5", OURS.client("alice"), OURS),
            "the server's certificate has expired; renew it on the server"),
        new Row(
            "the server's certificate is not valid yet",
            serverOfTomorrow("6", tomorrow),
            tomorrow.certificate().getNotBefore().toInstant().plusSeconds(1),
            client("6", OURS.client("alice"), OURS),
            "the server's certificate is not valid yet; check the clocks of both sides"),
        row(
            "the server has another name",
            server("7", OURS.server("keys", "keys.example", "10.1.2.3"), OURS),
            client("7", OURS.client("alice"), OURS),
            "the server's certificate names keys.example, 10.1.2.3, not 127.0.0.1; set"
                + " KEYSERVICE_TLS_SERVER_NAME if that is the server you mean"),
        row(
            "the server's certificate is revoked",
            server("8", revoked, OURS),
            client("8", OURS.client("alice"), OURS)
                .withRevocationLists(list("8", OURS.crl().revoking(revoked.certificate()))),
            "the server's certificate is revoked: the certificate 'CN=keyservice' is revoked by"
                + " KEYSERVICE_TLS_CRL_FILE ({crl}); the server needs a new one"),
        row(
            "there is no list of the server's authority",
            serverOfIntermediate("9"),
            client("9", OURS.client("alice"), OURS).withRevocationLists(list("9", OURS.crl())),
            "whether the server's certificate is revoked cannot be told: the certificate"
                + " 'CN=keyservice' has an issuer without a revocation list; bring"
                + " KEYSERVICE_TLS_CRL_FILE ({crl}) up to date"),
        row(
            "the server trusts others only",
            server("10", OURS.server(), THEIRS),
            client("10", OURS.client("alice"), OURS),
            "the server trusts only 'CN=their CA'; this client's certificate"
                + " (KEYSERVICE_TLS_CERT_FILE) is signed by 'CN=our CA'"),
        row(
            "the server's list revokes the client",
            server("11", OURS.server(), OURS)
                .withRevocationLists(list("11s", OURS.crl().revoking(revokedClient.certificate()))),
            client("11", revokedClient, OURS),
            "the server refused this client's certificate (KEYSERVICE_TLS_CERT_FILE):"
                + " certificate_unknown; the server trusts 'CN=our CA', so it may have been"
                + " revoked, or another CA has that name"),
        row(
            "the server trusts another authority of that name",
            server("12", OURS.server(), NAMESAKE),
            client("12", OURS.client("alice"), OURS),
            "the server refused this client's certificate (KEYSERVICE_TLS_CERT_FILE):"
                + " certificate_unknown; the server trusts 'CN=our CA', so it may have been"
                + " revoked, or another CA has that name"),
        row(
            "the client has no certificate",
            server("13", OURS.server(), OURS),
            anonymous("13", OURS),
            "the server asks for a client certificate; set KEYSERVICE_TLS_CERT_FILE and"
                + " KEYSERVICE_TLS_KEY_FILE"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void saysWhichSideDoesNotBelieveTheOtherAndWhy(Row row) {
    var clock = Clock.fixed(row.serverTime(), ZoneOffset.UTC);
    try (var service = StandInService.start(row.server(), clock);
        var client = open(service, row.client())) {
      var expected =
          row.sentence()
              .replace("{ca}", String.valueOf(row.client().ca()))
              .replace("{crl}", String.valueOf(row.client().crl()));

      assertEquals(expected, sentence(client));
    }
  }

  /// The alert and the end of the connection race each other.
  @RepeatedTest(10)
  void saysSoEveryTimeWhenTheServerTrustsOthersOnly() throws IOException {
    try (var service =
            StandInService.start(server("many", OURS.server(), THEIRS), Clock.systemUTC());
        var client = open(service, client("many", OURS.client("alice"), OURS))) {
      assertTrue(sentence(client).startsWith("the server trusts only 'CN=their CA'; "));
    }
  }

  @Test
  void saysThatTheClientsOwnCertificateHasExpiredMeanwhile() throws Exception {
    var end = Instant.now().plusSeconds(3);
    var files = client("own", OURS.clientUntil("alice", end), OURS);
    try (var service = StandInService.start(server("own", OURS.server(), OURS), Clock.systemUTC());
        var client = open(service, files)) {
      Thread.sleep(Duration.between(Instant.now(), end).plusMillis(50));

      assertEquals(
          "this client's certificate (KEYSERVICE_TLS_CERT_FILE) expired at "
              + Instant.ofEpochSecond(end.getEpochSecond())
              + "; renew it",
          sentence(client));
    }
  }

  @Test
  void saysThatTheRevocationListHasRunOutMeanwhile() throws Exception {
    var end = Instant.now().plusSeconds(3);
    var files =
        client("late", OURS.client("alice"), OURS)
            .withRevocationLists(list("late", OURS.crl().until(end)));
    try (var service =
            StandInService.start(server("late", OURS.server(), OURS), Clock.systemUTC());
        var client = open(service, files)) {
      Thread.sleep(Duration.between(Instant.now(), end).plusMillis(50));

      assertEquals(
          "whether the server's certificate is revoked cannot be told: the certificate"
              + " 'CN=keyservice' has an issuer whose revocation list has run out; bring"
              + " KEYSERVICE_TLS_CRL_FILE ("
              + files.crl()
              + ") up to date",
          sentence(client));
    }
  }

  private static KeyServiceClient open(StandInService service, TlsFiles files) {
    return KeyServiceClient.open(new ClientSettings("127.0.0.1", service.port(), files, null));
  }

  private static String sentence(KeyServiceClient client) {
    return assertThrows(ServerUnreachable.class, client::check).getMessage();
  }

  private static Row row(String what, TlsFiles server, TlsFiles client, String sentence) {
    return new Row(what, server, Instant.now(), client, sentence);
  }

  private static TlsFiles server(String row, MintedCertificate server, TestCa clients)
      throws IOException {
    return clients.serverFiles(directory.resolve("server-" + row), server);
  }

  /// With a CA for its clients that is still valid tomorrow.
  private static TlsFiles serverOfTomorrow(String row, MintedCertificate server)
      throws IOException {
    var files = server(row, server, OURS);
    var lasting =
        CertificateMint.authority("lasting CA", Validity.of(Clock.systemUTC(), Duration.ofDays(9)));
    MintedCertificate.writeCertificates(
        directory.resolve("server-" + row).resolve("ca.pem"),
        List.of(lasting.authority().certificate()));
    return files;
  }

  private static TlsFiles serverOfIntermediate(String row) throws IOException {
    var intermediate = OURS.intermediate("intermediate CA");
    var leaf = intermediate.serverBelow();
    var files = server(row, leaf, OURS);
    MintedCertificate.writeCertificates(
        directory.resolve("server-" + row).resolve("tls.crt"),
        List.of(leaf.certificate(), intermediate.certificate()));
    return files;
  }

  private static TlsFiles client(String row, MintedCertificate client, TestCa servers)
      throws IOException {
    return servers.clientFiles(directory.resolve("client-" + row), client);
  }

  private static TlsFiles anonymous(String row, TestCa servers) throws IOException {
    var ca = directory.resolve("ca-" + row + ".pem");
    MintedCertificate.writeCertificates(ca, List.of(servers.certificate()));
    return TlsFiles.ofClient(ca, null, null);
  }

  private static Path list(String row, TestCrl list) throws IOException {
    var file = Files.createDirectories(directory.resolve("crl-" + row)).resolve("crl.pem");
    TestCrl.write(file, list.build());
    return file;
  }
}
