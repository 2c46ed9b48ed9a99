package dev.keyservice.wire;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.Status;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The management port of the packaged service.
class ManagementIT {
  /// sl, local address, remote address, state LISTEN, queues, timer, retransmits, uid, timeout,
  /// inode.
  private static final Pattern LISTENING =
      Pattern.compile("\\s*\\d+: \\w+:(?<port>\\w{4}) \\S+ 0A (?:\\S+\\s+){5}(?<inode>\\d+)\\b.*");

  private static Installation installation;
  private static ServiceProcess service;
  private static Management management;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    management = Management.of(service);
  }

  @AfterAll
  static void stop() {
    service.close();
    installation.close();
  }

  @Test
  void aServiceThatSaysThatItIsReadyIsAliveAndReady() {
    try (var another = Installation.create();
        var started = ServiceProcess.start(another)) {
      var at = Management.of(started);

      at.readiness().then().statusCode(200).body("status", equalTo("UP"));
      at.liveness().then().statusCode(200).body("status", equalTo("UP"));
    }
  }

  @Test
  void metricsAreWhatPrometheusReads() {
    var scrape = management.get("/q/metrics").then().statusCode(200);

    scrape.contentType(containsString("application/openmetrics-text"));
    scrape.body(containsString("# TYPE jvm_memory_used_bytes gauge"));
    assertTrue(management.metric("process_uptime_seconds").orElseThrow() > 0);
    assertTrue(management.metrics().endsWith("# EOF\n"));
  }

  @Test
  void callsAreCountedByMethodAndCode() throws InterruptedException {
    var labels =
        new String[] {
          "grpc_service=\"keyservice.v1.AccessService\"",
          "grpc_method=\"WhoAmI\"",
          "grpc_code=\"OK\""
        };
    try (var channels = new Channels(installation, service.port())) {
      var calls = new Calls(channels.of("app"));
      var _ = calls.whoAmI();
      var _ = calls.whoAmI();

      assertEquals(2, awaitAnswered(2, labels));
    }
  }

  @Test
  void aCallWithoutACallerIsCountedToo() throws InterruptedException {
    try (var channels = new Channels(installation, service.port())) {
      var refusal = Refusal.of(() -> new Calls(channels.of("nameless")).listRings());
      var _ = new Calls(channels.of("all")).listRings();

      assertEquals(Status.Code.UNAUTHENTICATED, refusal.code());
      var method = "grpc_method=\"ListKeyRings\"";
      assertEquals(1, awaitAnswered(1, method, "grpc_code=\"Unauthenticated\""));
      assertEquals(1, awaitAnswered(1, method, "grpc_code=\"OK\""));
    }
  }

  /// A call is counted when it is over, which its caller may know a little earlier.
  private static double awaitAnswered(double calls, String... labels) throws InterruptedException {
    var answered = 0.0;
    for (var i = 0; i < 500 && answered < calls; i++) {
      TimeUnit.MILLISECONDS.sleep(10);
      answered = management.metric("grpc_server_handling_seconds_count", labels).orElse(0.0);
    }
    return answered;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/q", "/q/nothing", "/metrics", "/q/health-ui", "/q/dev-ui"})
  void aPathThatIsUnknownIsNotFound(String path) {
    management.get(path).then().statusCode(404);
  }

  @Test
  void theGrpcPortDoesNotAnswerAboutHealth() throws Exception {
    var plain = request("http://localhost:" + service.port() + "/q/health/ready");
    var tls = request("https://localhost:" + service.port() + "/q/health/ready");
    try (var client = HttpClient.newBuilder().sslContext(tlsOfACaller()).build()) {
      assertThrows(IOException.class, () -> client.send(plain, BodyHandlers.ofString()));
      assertEquals(415, client.send(tls, BodyHandlers.ofString()).statusCode());
    }
  }

  private static HttpRequest request(String uri) {
    return HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10)).build();
  }

  private static SSLContext tlsOfACaller() throws IOException {
    var context =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(installation.file("ca.pem").toFile())
            .keyManager(
                installation.file("app.pem").toFile(), installation.file("app-key.pem").toFile())
            .build();
    return ((JdkSslContext) context).context();
  }

  @Test
  void nothingButTheGrpcPortAndTheManagementPortListens() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/net/tcp")), "no /proc here to read sockets from");

    assertEquals(Set.of(service.port(), service.managementPort()), listening(service.pid()));
  }

  /// The TCP ports on which a process listens.
  private static Set<Integer> listening(long pid) throws IOException {
    var process = Path.of("/proc", Long.toString(pid));
    var own = sockets(process.resolve("fd"));
    var ports = new TreeSet<Integer>();
    for (var table : List.of("net/tcp", "net/tcp6")) {
      for (var line : Files.readAllLines(process.resolve(table))) {
        var listening = LISTENING.matcher(line);
        if (listening.matches() && own.contains("socket:[" + listening.group("inode") + "]")) {
          ports.add(Integer.parseInt(listening.group("port"), 16));
        }
      }
    }
    return ports;
  }

  private static Set<String> sockets(Path descriptors) throws IOException {
    var sockets = new TreeSet<String>();
    try (var files = Files.list(descriptors)) {
      for (var file : files.toList()) {
        try {
          sockets.add(Files.readSymbolicLink(file).toString());
        } catch (NoSuchFileException e) {
          // closed in the meantime
        }
      }
    }
    return sockets;
  }
}
