package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.FileLayout;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Pem;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestCa;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The packaged service under load while its certificate, its CAs and its revocation list are
/// replaced again and again. No call and no connection may fail, and none is repeated: the channels
/// here do not retry.
class RotationIT {
  private static final int ROTATIONS = rotations();
  private static final int CALLERS = 3;
  private static final int CONNECTORS = 2;

  private Installation installation;
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong connects = new AtomicLong();
  private volatile Credentials credentials;
  private volatile boolean over;

  private static int rotations() {
    if (!Boolean.getBoolean("proof.full")) {
      return 10;
    }
    return Program.isNative() ? 50 : 500;
  }

  /// With what the callers connect, and whom they believe. A new one makes them connect again.
  private record Credentials(
      MintedCertificate client, List<X509Certificate> authorities, Phaser users) {
    Credentials(MintedCertificate client, List<X509Certificate> authorities) {
      this(client, authorities, new Phaser(1));
    }

    /// Waits until nobody uses them any more.
    void awaitUnused() throws InterruptedException, TimeoutException {
      users.awaitAdvanceInterruptibly(users.arriveAndDeregister(), 30, TimeUnit.SECONDS);
    }
  }

  @BeforeEach
  void install() {
    installation = Installation.create();
  }

  @AfterEach
  void remove() {
    installation.close();
  }

  @ParameterizedTest
  @EnumSource
  void noCallAndNoConnectionFailsWhileMaterialIsReplaced(FileLayout layout) throws Exception {
    var rotation = new Rotation(layout.in(installation.file("tls")));
    rotation.begin();
    credentials = rotation.credentials();
    try (var service = ServiceProcess.start(installation, rotation.variables())) {
      rotation.follow(Management.of(service));
      try (var load = Executors.newVirtualThreadPerTaskExecutor()) {
        begin(load, service.port());
        try {
          rotation.rotate();
        } finally {
          over = true;
        }
      }
    }
    assertEquals(List.of(), List.copyOf(failures).stream().limit(3).toList());
    assertTrue(calls.get() > 0 && connects.get() > 0);
    System.out.printf(
        "proof: %s%d rotations of %s (%d of the leaf, %d of the CAs, %d of the revocation list)"
            + " under load: %d connects, %d calls, %d failures%n",
        Program.isNative() ? "native: " : "",
        rotation.total(),
        layout,
        rotation.leaves,
        rotation.bundles,
        rotation.lists,
        connects.get(),
        calls.get(),
        failures.size());
  }

  private void begin(ExecutorService load, int port) {
    for (var i = 0; i < CALLERS; i++) {
      var _ = load.submit(() -> untilOver(mine -> callOnOneConnection(port, mine)));
    }
    for (var i = 0; i < CONNECTORS; i++) {
      var _ = load.submit(() -> untilOver(mine -> connectAndCall(port, mine)));
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(Credentials mine) throws Exception;
  }

  private void untilOver(Work work) {
    while (!over) {
      var mine = credentials;
      if (mine.users().register() < 0) {
        continue; // replaced in this moment
      }
      try {
        work.run(mine);
      } catch (Exception e) {
        failures.add(e);
      } finally {
        mine.users().arriveAndDeregister();
      }
    }
  }

  /// Many calls on one connection, as long as its certificate is to be believed.
  private void callOnOneConnection(int port, Credentials mine) throws Exception {
    var channel = connect(port, mine);
    try {
      while (!over && mine.equals(credentials)) {
        var _ = new Calls(channel).whoAmI();
        calls.incrementAndGet();
      }
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private void connectAndCall(int port, Credentials mine) throws Exception {
    var channel = connect(port, mine);
    try {
      var _ = new Calls(channel).whoAmI();
      connects.incrementAndGet();
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static ManagedChannel connect(int port, Credentials with) throws IOException {
    var tls =
        GrpcSslContexts.forClient()
            .trustManager(with.authorities())
            .keyManager(with.client().key(), with.client().certificate())
            .build();
    return NettyChannelBuilder.forAddress("localhost", port).sslContext(tls).disableRetry().build();
  }

  /// The material of the server, and what is done to it.
  private final class Rotation {
    private final FileLayout.Directory directory;
    private TestCa authority = new TestCa("CA 0");
    private MintedCertificate server = authority.server();
    private Management management;
    private long number = 1;
    private int leaves;
    private int bundles;
    private int lists;

    Rotation(FileLayout.Directory directory) {
      this.directory = directory;
    }

    int total() {
      return leaves + bundles + lists;
    }

    Credentials credentials() {
      return new Credentials(authority.client("all"), List.of(authority.certificate()));
    }

    void begin() throws IOException {
      var files = new HashMap<>(leaf());
      files.putAll(authorities(List.of(authority)));
      directory.replace(files);
    }

    Map<String, String> variables() {
      return Map.of(
          "KEYSERVICE_TLS_CA_FILE", directory.file("ca.crt").toString(),
          "KEYSERVICE_TLS_CERT_FILE", directory.file("tls.crt").toString(),
          "KEYSERVICE_TLS_KEY_FILE", directory.file("tls.key").toString(),
          "KEYSERVICE_TLS_CRL_FILE", directory.file("crl.pem").toString());
    }

    void follow(Management of) {
      management = of;
    }

    void rotate() throws Exception {
      while (total() < ROTATIONS) {
        newLeaf(authority);
        newList();
        newAuthority();
        newList();
      }
    }

    private void newLeaf(TestCa issuer) throws Exception {
      server = issuer.server();
      directory.replace(leaf());
      leaves++;
      awaitReload();
    }

    private void newList() throws Exception {
      directory.replace(authorities(List.of(authority)));
      lists++;
      awaitReload();
    }

    /// Old and new, then a leaf of the new one, then the new one alone.
    private void newAuthority() throws Exception {
      var before = authority;
      authority = new TestCa("CA " + (bundles + 1));
      directory.replace(authorities(List.of(before, authority)));
      bundles++;
      awaitReload();
      var old = credentials;
      credentials =
          new Credentials(
              authority.client("all"), List.of(before.certificate(), authority.certificate()));
      old.awaitUnused();
      newLeaf(authority);
      directory.replace(authorities(List.of(authority)));
      bundles++;
      awaitReload();
      credentials = credentials();
    }

    private Map<String, String> leaf() {
      return Map.of("tls.crt", Pem.certificate(server), "tls.key", Pem.key(server));
    }

    /// CAs and their revocation lists belong together.
    private Map<String, String> authorities(List<TestCa> believed) {
      number++;
      var certificates = new StringBuilder();
      var revoked = new StringBuilder();
      for (var ca : believed) {
        certificates.append(Pem.certificates(ca.certificate()));
        revoked.append(
            Pem.lists(ca.crl().number(number).revoking(ca.client("gone").certificate()).build()));
      }
      return Map.of("ca.crt", certificates.toString(), "crl.pem", revoked.toString());
    }

    private void awaitReload() throws InterruptedException {
      var rotated = total();
      await(() -> management.metric("keyservice_tls_reloads_total").orElse(0.0) >= rotated);
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
      var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!condition.getAsBoolean()) {
        assertTrue(
            System.nanoTime() < end,
            () -> "waited in vain after " + total() + " rotations; " + new ArrayList<>(failures));
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
  }
}
