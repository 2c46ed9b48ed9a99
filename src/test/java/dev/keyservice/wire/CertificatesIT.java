package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.FileLayout;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestCa;
import io.grpc.Status;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the packaged service does when its TLS files change, and how it says so.
class CertificatesIT {
  private Installation installation;
  private FileLayout.Directory mount;
  private ServiceProcess service;
  private Management management;
  private Channels channels;

  @BeforeEach
  void start() throws IOException {
    installation = Installation.create();
    mount = FileLayout.MOUNTED.in(installation.file("tls"));
    mount.replace(
        Map.of(
            "ca.crt", Files.readString(installation.file("ca.pem")),
            "tls.crt", Files.readString(installation.file("server.pem")),
            "tls.key", Files.readString(installation.file("server-key.pem")),
            "crl.pem", Pem.lists(list(1))));
    service =
        ServiceProcess.start(
            installation,
            Map.of(
                "KEYSERVICE_TLS_CA_FILE", mount.file("ca.crt").toString(),
                "KEYSERVICE_TLS_CERT_FILE", mount.file("tls.crt").toString(),
                "KEYSERVICE_TLS_KEY_FILE", mount.file("tls.key").toString(),
                "KEYSERVICE_TLS_CRL_FILE", mount.file("crl.pem").toString()));
    management = Management.of(service);
    channels = new Channels(installation, service.port());
  }

  @AfterEach
  void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void theMetricsSayWhenTheMaterialEnds() throws Exception {
    var begin = lines("the server's TLS material: ");
    assertEquals(1, begin.size(), "that of the start");
    assertTrue(begin.getFirst().contains("revocation list number=1"), begin.getFirst());

    var leaf = installation.ca().serverUntil(Instant.now().plusSeconds(1800));
    var list = list(2);
    mount.replace(
        Map.of(
            "tls.crt",
            Pem.certificate(leaf),
            "tls.key",
            Pem.key(leaf),
            "crl.pem",
            Pem.lists(list)));
    awaitReloads(1);

    assertEnds("leaf", leaf.certificate().getNotAfter().toInstant());
    assertEnds("ca", installation.ca().certificate().getNotAfter().toInstant());
    assertEnds("crl", list.getNextUpdate().toInstant());
    assertTrue(metric("keyservice_tls_snapshot_age_seconds") < 60);
    assertEquals(0, metric("keyservice_tls_files_refused"));
  }

  @Test
  void everyMetricOfTheDocumentIsThere() throws Exception {
    var documented =
        Pattern.compile("\\| `(keyservice_tls_\\w+)")
            .matcher(Files.readString(Path.of("docs/certificates.md")))
            .results()
            .map(row -> row.group(1))
            .toList();

    assertEquals(5, documented.size());
    var scrape = management.metrics();
    for (var name : documented) {
      assertTrue(Pattern.compile("(?m)^" + name + "[ {]").matcher(scrape).find(), name);
    }
  }

  @Test
  void badFilesAreToldInALogLineAMetricAndTheReadiness() throws Exception {
    mount.replace(Map.of("tls.key", Files.readString(installation.file("app-key.pem"))));
    await(() -> metric("keyservice_tls_files_refused") == 1);

    assertEquals(1, metric("keyservice_tls_reload_failures_total", "cause=\"key_mismatch\""));
    assertEquals(0, metric("keyservice_tls_reloads_total"));
    management
        .readiness()
        .then()
        .statusCode(200)
        .body("status", equalTo("UP"))
        .body("checks.name", hasItem("tls"))
        .body(
            "checks.find { it.name == 'tls' }.data.refused",
            containsString("KEYSERVICE_TLS_KEY_FILE"));
    assertEquals(1, lines("goes on with its TLS material").size());
    assertEquals("cn:app", new Calls(channels.another("app")).whoAmI().getCallerId());
  }

  @Test
  void theServiceIsNotReadyOnceItsRevocationListHasRunOut() throws Exception {
    mount.replace(
        Map.of(
            "crl.pem",
            Pem.lists(
                installation.ca().crl().number(2).until(Instant.now().plusSeconds(10)).build())));
    awaitReloads(1);
    management.readiness().then().statusCode(200);

    await(() -> management.readiness().statusCode() == 503);

    management
        .readiness()
        .then()
        .body("checks.find { it.name == 'tls' }.data.reason", containsString("has run out"));
    mount.replace(Map.of("crl.pem", Pem.lists(list(3))));
    await(() -> management.readiness().statusCode() == 200);
    assertEquals("cn:app", new Calls(channels.another("app")).whoAmI().getCallerId());
  }

  /// Its clients are refused. Those of the other CA are not, and can still be revoked.
  @Test
  void aListOfTwoThatHasRunOutKeepsOutNeitherOthersNorTheirNewList() throws Exception {
    var other = new TestCa("other CA");
    var over = other.crl().number(1).until(Instant.now().plusSeconds(8)).build();
    mount.replace(
        Map.of(
            "ca.crt",
            Pem.certificates(installation.ca().certificate(), other.certificate()),
            "crl.pem",
            Pem.lists(list(2), over)));
    awaitReloads(1);

    await(
        () -> management.readiness().path("checks.find { it.name == 'tls' }.data.warning") != null);

    management
        .readiness()
        .then()
        .statusCode(200)
        .body(
            "checks.find { it.name == 'tls' }.data.warning",
            containsString("'CN=other CA' has run out"));
    assertEquals("cn:app", new Calls(channels.another("app")).whoAmI().getCallerId());
    mount.replace(Map.of("crl.pem", Pem.lists(list(3, "app"), over)));
    awaitReloads(2);
    var revoked = Refusal.belowTheService(() -> new Calls(channels.another("app")).whoAmI());
    assertEquals(Status.Code.UNAVAILABLE, revoked.code());
    assertEquals("cn:all", new Calls(channels.another("all")).whoAmI().getCallerId());
  }

  @Test
  void aRevokedCallerIsRefusedOnItsOpenConnectionAndAtTheNext() throws Exception {
    var app = new Calls(channels.of("app"));
    var _ = app.whoAmI();
    var all = new Calls(channels.of("all"));
    var _ = all.whoAmI();

    mount.replace(Map.of("crl.pem", Pem.lists(list(2, "app"))));

    // All the time: a refused connection answers for a second.
    var refusal = Refusal.of(() -> callUntilRefused(app));
    assertEquals(Status.Code.UNAUTHENTICATED, refusal.code());
    assertEquals("CERTIFICATE_REFUSED", refusal.reason());
    var next = Refusal.belowTheService(() -> new Calls(channels.another("app")).whoAmI());
    assertEquals(Status.Code.UNAVAILABLE, next.code());
    assertEquals("cn:all", all.whoAmI().getCallerId());
  }

  private static void callUntilRefused(Calls calls) {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (System.nanoTime() < end) {
      var _ = calls.whoAmI();
    }
  }

  /// RFC 8446 §2.2: a resumed session would skip the certificate. The service sends no ticket; one
  /// of another server with the same certificate shows that the attempt as such works.
  @Test
  void aSessionIsNeverResumed() throws Exception {
    assumeTrue(hasOpenssl(), "no openssl here");
    var own = installation.file("own-session.pem");
    var foreign = installation.file("foreign-session.pem");

    var first = openssl(service.port(), "-sess_out", own.toString());
    assertTrue(first.contains("New, TLSv1.3"), first);
    assertFalse(first.contains("New Session Ticket arrived"), first);
    assertFalse(Files.exists(own), "there was something to resume");

    try (var other = new ResumingServer()) {
      var given = openssl(other.port, "-sess_out", foreign.toString());
      assertTrue(given.contains("New Session Ticket arrived"), given);
      var again = openssl(other.port, "-sess_in", foreign.toString());
      assertTrue(again.contains("Reused, TLSv1.3"), again);
    }
    assertNotResumed(foreign);
    mount.replace(Map.of("crl.pem", Pem.lists(list(2, "admin"))));
    awaitReloads(1);
    assertNotResumed(foreign);
  }

  private void assertNotResumed(Path session) throws Exception {
    var output = openssl(service.port(), "-sess_in", session.toString());
    assertTrue(output.contains("New, TLSv1.3"), output);
    assertFalse(output.contains("Reused"), output);
  }

  /// OpenSSL as a server with the certificate of the service.
  private final class ResumingServer implements AutoCloseable {
    private final int port;
    private final Process process;

    ResumingServer() throws Exception {
      try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      }
      process =
          new ProcessBuilder(
                  "openssl",
                  "s_server",
                  "-tls1_3",
                  "-accept",
                  "localhost:" + port,
                  "-alpn",
                  "h2",
                  "-cert",
                  mount.file("tls.crt").toString(),
                  "-key",
                  mount.file("tls.key").toString())
              .redirectErrorStream(true)
              .redirectOutput(installation.file("s_server.log").toFile())
              .start();
      await(() -> listens(port));
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  private static boolean listens(int port) {
    try (var _ = new Socket("localhost", port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private String openssl(int port, String... options) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "localhost:" + port,
                "-alpn",
                "h2",
                "-CAfile",
                installation.file("ca.pem").toString(),
                "-cert",
                installation.file("app.pem").toString(),
                "-key",
                installation.file("app-key.pem").toString()));
    command.addAll(List.of(options));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    // Open for a moment: a ticket would arrive after the handshake.
    TimeUnit.MILLISECONDS.sleep(700);
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    return output;
  }

  private static boolean hasOpenssl() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "openssl")));
  }

  private void assertEnds(String material, Instant end) {
    assertEquals(
        (double) end.getEpochSecond(),
        metric("keyservice_tls_expiry_timestamp_seconds", "material=\"" + material + "\""));
  }

  private X509CRL list(long number, String... revoked) {
    var certificates =
        Stream.of(revoked).map(installation::certificate).toArray(X509Certificate[]::new);
    return installation.ca().crl().number(number).revoking(certificates).build();
  }

  private double metric(String name, String... labels) {
    return management.metric(name, labels).orElseThrow();
  }

  private List<String> lines(String part) {
    return service.lines().stream().filter(line -> line.contains(part)).toList();
  }

  private void awaitReloads(int reloads) throws InterruptedException {
    await(() -> metric("keyservice_tls_reloads_total") == reloads);
  }
}
