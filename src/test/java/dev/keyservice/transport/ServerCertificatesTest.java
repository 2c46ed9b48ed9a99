package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.FreePort;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestLimits;
import io.grpc.ManagedChannel;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCertificatesTest {
  private static final TestCa CA = new TestCa();
  private static final byte[] REQUEST = {1, 2, 3};

  @TempDir Path directory;

  @Test
  void nothingIsInForceBeforeItIsSaid() throws Exception {
    var tls = new ServerTls();
    var certificates = new ServerCertificates(tls, connections(tls), Clock.systemUTC());

    var enforce =
        certificates.load(
            CA.serverFiles(directory, CA.server()), TlsTimes.DEFAULT, ClientCertificates.REQUIRED);
    assertTrue(tls.current().isEmpty());
    enforce.run();

    assertEquals(certificates.status().orElseThrow().inForce(), tls.current().orElseThrow());
    certificates.close();
  }

  @Test
  void badFilesEndTheStart() throws Exception {
    var tls = new ServerTls();
    var certificates = new ServerCertificates(tls, connections(tls), Clock.systemUTC());
    var files = CA.serverFiles(directory, CA.expiredServer());

    assertThrows(
        MaterialRefused.class,
        () -> certificates.load(files, TlsTimes.DEFAULT, ClientCertificates.REQUIRED));
    assertTrue(certificates.status().isEmpty());
    certificates.close();
  }

  @Test
  void twentyStartsAndStopsLeaveNoThreadNoWatchAndNoPort() throws Exception {
    var files = CA.serverFiles(directory, CA.server());
    var port = FreePort.find();
    startAndStop(port, files); // brings what the process keeps
    var before = census();

    for (var start = 0; start < 20; start++) {
      startAndStop(port, files);
    }

    // Fewer, where what ran before this test was still on its way out.
    for (var i = 0; i < 500 && isMore(census(), before); i++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    var after = census();
    assertFalse(isMore(after, before), before + " became " + after);
    System.out.printf(
        "proof: 20 starts and stops of the server: %s before, %s after%n", before, after);
  }

  private static boolean isMore(Map<String, Long> found, Map<String, Long> than) {
    return found.entrySet().stream().anyMatch(it -> it.getValue() > than.get(it.getKey()));
  }

  private static void startAndStop(int port, TlsFiles files) throws IOException {
    var vertx = Vertx.vertx();
    var tls = new ServerTls();
    var channels = new AcceptedChannels(TestLimits.settings());
    var connections = new Connections(tls, channels, Clock.systemUTC());
    connections.watchDates();
    var certificates = new ServerCertificates(tls, connections, Clock.systemUTC());
    var running = new RunningServer();
    var settings = new ServerSettings(new ListenAddress("127.0.0.1", port), TestLimits.byDefault());
    var _ =
        new NettyServerFactory(
                settings,
                tls,
                running,
                new ServiceHealth(),
                channels,
                new PlaintextGate(),
                List.of(connections))
            .builder(vertx, LaunchMode.NORMAL)
            .addService(ByteService.echo())
            .build()
            .start();
    certificates.load(files, TlsTimes.DEFAULT, ClientCertificates.REQUIRED).run();
    var trusted = ByteService.connect(port, Materials.of(CA.client("payments"), CA));
    try (var _ = new AutoCloseableChannel(trusted)) {
      assertArrayEquals(REQUEST, ByteService.call(trusted, REQUEST));
    }
    running.stop(Duration.ZERO);
    certificates.close();
    connections.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private record AutoCloseableChannel(ManagedChannel channel) implements AutoCloseable {
    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  private static Connections connections(ServerTls tls) {
    return new Connections(tls, new AcceptedChannels(TestLimits.settings()), Clock.systemUTC());
  }

  /// The threads of a server, and the watches and listening sockets of this process.
  private static Map<String, Long> census() throws IOException {
    var found = new TreeMap<String, Long>();
    found.put(
        "threads",
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> name.startsWith("keyservice-") || name.startsWith("vert.x-"))
            .count());
    var descriptors = Path.of("/proc/self/fd");
    if (Files.isDirectory(descriptors)) {
      try (var all = Files.list(descriptors)) {
        found.put("watches", all.filter(ServerCertificatesTest::isInotify).count());
      }
    }
    return found;
  }

  private static boolean isInotify(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("inotify");
    } catch (IOException e) {
      return false;
    }
  }
}
