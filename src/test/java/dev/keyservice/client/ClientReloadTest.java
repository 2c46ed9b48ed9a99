package dev.keyservice.client;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestCrl;
import dev.keyservice.transport.CertificateWatcher;
import dev.keyservice.transport.MaterialProblem;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsIdentity;
import dev.keyservice.transport.TlsTimes;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A client whose files change while it calls.
@Timeout(180)
class ClientReloadTest {
  private static final TestCa CA = new TestCa();
  private static final int CALLERS = 4;
  private static final int ROTATIONS = Boolean.getBoolean("proof.full") ? 200 : 20;

  @TempDir Path directory;

  private TlsFiles files;
  private StandInService service;
  private KeyServiceClient client;

  @BeforeEach
  void connect() throws IOException {
    var server = CA.serverFiles(directory.resolve("server"), CA.server());
    service = StandInService.start(server, Clock.systemUTC());
    var crl = directory.resolve("crl.pem");
    TestCrl.write(crl, CA.crl().number(1).build());
    files =
        CA.clientFiles(directory.resolve("client"), CA.client("alice")).withRevocationLists(crl);
    client = open();
  }

  private KeyServiceClient open() {
    return KeyServiceClient.open(new ClientSettings("127.0.0.1", service.port(), files, null));
  }

  @AfterEach
  void close() {
    client.close();
    service.close();
  }

  @Test
  void noCallFailsWhileItsCertificateIsReplacedAgainAndAgain() throws Exception {
    var failures = new ConcurrentLinkedQueue<Throwable>();
    var calls = new AtomicLong();
    var over = new AtomicBoolean();
    var callers =
        IntStream.range(0, CALLERS)
            .mapToObj(_ ->
                Thread.ofVirtual()
                    .start(() -> {
                      while (!over.get()) {
                        try {
                          // Never repeated by the retry policy.
                          var _ =
                              client
                                  .keys()
                                  .createCryptoKey(CreateCryptoKeyRequest.getDefaultInstance());
                          calls.incrementAndGet();
                        } catch (RuntimeException e) {
                          failures.add(e);
                        }
                      }
                    }))
            .toList();

    var issued = new HashSet<X509Certificate>();
    for (int i = 0; i < ROTATIONS; i++) {
      var next = CA.client("alice");
      issued.add(next.certificate());
      replace(next);
      await(() -> service.callers().contains(next.certificate()));
    }
    over.set(true);
    for (var caller : callers) {
      caller.join();
    }

    System.out.printf(
        "proof: %d calls over %d rotations of the client's certificate, %d failed%n",
        calls.get(), ROTATIONS, failures.size());
    assertEquals(List.of(), List.copyOf(failures));
    assertTrue(service.callers().containsAll(issued));
    assertEquals(ROTATIONS, client.tls().reloads());
  }

  @Test
  void aCallInFlightGoesOnWithTheOldCertificate() throws Exception {
    var watch = client.health().watch(HealthCheckRequest.getDefaultInstance());
    assertEquals(ServingStatus.SERVING, watch.next().getStatus());

    var next = CA.client("alice");
    replace(next);
    await(() -> own(client).certificate().equals(next.certificate()));
    whoAmI();
    service.serving(ServingStatus.NOT_SERVING);

    assertEquals(ServingStatus.NOT_SERVING, watch.next().getStatus());
    assertEquals(next.certificate(), service.callers().getLast());
  }

  @Test
  void badFilesChangeNothingAndAreSaid() throws Exception {
    var good = own(client).fingerprint();
    var before = Files.readString(files.certificate());

    renameOver(files.certificate(), "not a certificate");
    await(() -> client.tls().refused().isPresent());
    whoAmI();

    assertEquals(MaterialProblem.MALFORMED, client.tls().refused().orElseThrow().problem());
    assertEquals(good, own(client).fingerprint());
    assertEquals(0, client.tls().reloads());

    renameOver(files.certificate(), before);
    await(() -> client.tls().refused().isEmpty());
    whoAmI();
  }

  @Test
  void aServerThatIsRevokedMeanwhileIsRefused() throws Exception {
    assertEquals(ServingStatus.SERVING, client.check());

    var revoked = client.serverCertificate().orElseThrow();
    TestCrl.write(files.crl(), CA.crl().number(2).revoking(revoked).build());
    await(() -> client.tls().reloads() == 1);

    var refused = assertThrows(ServerUnreachable.class, client::check);
    assertTrue(
        refused.getMessage().startsWith("the server's certificate is revoked: "),
        refused.getMessage());
  }

  @Test
  void theWatchEndsWithTheClient() throws Exception {
    var before = watchers();
    try (var another = open()) {
      assertEquals(before + 1, watchers());
      assertEquals(0, another.tls().reloads());
    }

    assertEquals(before, watchers());
  }

  @Test
  void aClientThatCannotBeOpenedWatchesNothing() throws Exception {
    var before = watchers();
    renameOver(files.key(), "not a key");

    assertThrows(SettingRefused.class, this::open);

    assertEquals(before, watchers());
  }

  @Test
  void watchingCostsACommandNextToNothing() {
    watchAndClose();
    var began = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      watchAndClose();
    }
    var each = Duration.ofNanos(System.nanoTime() - began).dividedBy(20);
    System.out.printf("proof: to begin and end a watch takes %d us%n", each.toNanos() / 1000);
    assertTrue(each.compareTo(Duration.ofMillis(100)) < 0, each::toString);
  }

  private void watchAndClose() {
    try (var watcher = new CertificateWatcher(files, TlsTimes.DEFAULT, Clock.systemUTC())) {
      var _ = watcher.load();
      watcher.watch(_ -> {});
    }
  }

  private static long watchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("keyservice-certificates"))
        .filter(Thread::isAlive)
        .count();
  }

  private void whoAmI() {
    var me = client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
    assertFalse(me.getCallerId().isEmpty());
  }

  private static TlsIdentity own(KeyServiceClient client) {
    return client.tls().inForce().identity().orElseThrow();
  }

  /// As a tool that renews certificates does: each file is renamed over the old one.
  private void replace(MintedCertificate next) throws IOException {
    var certificate = directory.resolve("next.crt");
    var key = directory.resolve("next.key");
    next.writePem(certificate, key);
    rename(key, files.key());
    rename(certificate, files.certificate());
  }

  private void renameOver(Path file, String content) throws IOException {
    rename(Files.writeString(directory.resolve("next"), content), file);
  }

  private static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
