package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Each limit of the packaged service, set low and met.
class LimitsIT {
  private static final Map<String, String> LOW =
      Map.of(
          "KEYSERVICE_LIMITS_MESSAGE_SIZE", "1152KiB",
          "KEYSERVICE_LIMITS_METADATA_SIZE", "4KiB",
          "KEYSERVICE_LIMITS_CALLS_PER_CONNECTION", "2",
          "KEYSERVICE_LIMITS_HANDSHAKE_TIMEOUT", "1s",
          "KEYSERVICE_LIMITS_IDLE_TIMEOUT", "1s");

  private static Installation installation;
  private static ServiceProcess low;

  private final List<Socket> sockets = new ArrayList<>();
  private ServiceProcess service;
  private Channels channels;

  @BeforeAll
  static void startOne() {
    installation = Installation.create();
    low = ServiceProcess.start(installation, LOW);
  }

  @AfterAll
  static void stopIt() {
    low.close();
    installation.close();
  }

  @BeforeEach
  void connect() {
    service = low;
    channels = new Channels(installation, service.port());
  }

  @AfterEach
  void stop() throws IOException {
    for (var socket : sockets) {
      socket.close();
    }
    channels.close();
    if (service != low) {
      service.close();
    }
  }

  /// A service of its own for a test whose limits would be in the way of the others.
  private void start(Map<String, String> limits) {
    channels.close();
    var store = installation.file("own").resolve("keyservice.db").toString();
    var variables = new HashMap<>(limits);
    variables.put("KEYSERVICE_STORE_PATH", store);
    service = ServiceProcess.start(installation, variables);
    channels = new Channels(installation, service.port());
  }

  @Test
  void aMessageThatIsTooLargeIsRefused() {
    var calls = new Calls(channels.of("all"));
    var key = calls.createKey("ring", "key").getName();

    var fits = Refusal.of(() -> calls.encrypt(key, zeros(255 << 10), ""));
    var tooLarge = Refusal.belowTheService(() -> calls.encrypt(key, zeros(1153 << 10), ""));

    assertEquals(Status.Code.INVALID_ARGUMENT, fits.code());
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, tooLarge.code());
  }

  @Test
  void metadataThatAreTooLargeAreRefused() {

    assertEquals("cn:app", withMetadata(2 << 10).whoAmI().getCallerId());
    var refused = assertThrows(StatusRuntimeException.class, () -> withMetadata(5 << 10).whoAmI());
    assertEquals("cn:app", withMetadata(2 << 10).whoAmI().getCallerId());

    // The client knows the limit and does not send it.
    assertEquals(Status.Code.INTERNAL, refused.getStatus().getCode(), refused.toString());
  }

  @Test
  void moreConnectionsThanAllowedAreClosed() throws Exception {
    start(
        Map.of(
            "KEYSERVICE_LIMITS_CONNECTIONS_PER_ADDRESS", "3",
            "KEYSERVICE_LIMITS_CONNECTIONS", "5"));
    for (var i = 0; i < 3; i++) {
      assertFalse(isClosedSoon(connect("127.0.0.1")), "connection " + i);
    }

    assertTrue(isClosedSoon(connect("127.0.0.1")));
    assertEquals(1, refused("too_many_of_address"));

    sockets.getFirst().close();

    await(() -> open() == 2);
    assertFalse(isClosedSoon(connect("127.0.0.1")));
    assertFalse(isClosedSoon(connect("127.0.0.2")));
    assertFalse(isClosedSoon(connect("127.0.0.3")));

    for (var i = 4; i <= 20; i++) {
      assertTrue(isClosedSoon(connect("127.0.0." + i)), "connection " + i);
    }
    assertEquals(17, refused("too_many"));
    assertEquals(5, open());
    var lines = service.lines().stream().filter(line -> line.contains("(too_many)")).toList();
    assertTrue(lines.size() <= 8, lines.toString());
  }

  @Test
  void callsOverTheLimitOfAConnectionWaitForOneToEnd() throws Exception {
    var channel = channels.of("all");
    var first = HalfACall.begin(channel);
    var second = new Calls(channel).watch(WatchCryptoKeysRequest.getDefaultInstance());
    assertTrue(second.hasNext());

    var third =
        CompletableFuture.supplyAsync(
            () -> new Calls(channel).whoAmI(), Thread::startVirtualThread);
    TimeUnit.MILLISECONDS.sleep(500);

    assertFalse(third.isDone());
    assertEquals(2, metric("keyservice_calls_running"));

    assertEquals("cn:all", first.finish().getCallerId());

    assertEquals("cn:all", third.get(10, TimeUnit.SECONDS).getCallerId());
  }

  @Test
  void moreCallsOfACallerThanAllowedAreRefused() {
    start(Map.of("KEYSERVICE_LIMITS_CALLS_PER_CALLER", "1/h burst 5"));
    var app = new Calls(channels.of("app"));
    for (var i = 0; i < 5; i++) {
      assertEquals("cn:app", app.whoAmI().getCallerId());
    }

    var refusal = Refusal.of(app::whoAmI);

    assertEquals(Status.Code.RESOURCE_EXHAUSTED, refusal.code());
    assertEquals("RATE_LIMITED", refusal.reason());
    assertEquals("RATE_LIMITED", Refusal.of(new Calls(channels.another("app"))::whoAmI).reason());
    assertEquals("cn:all", new Calls(channels.of("all")).whoAmI().getCallerId());
    assertEquals(2, metric("keyservice_calls_limited_total"));
  }

  @Test
  void aConnectionThatDoesNotFinishItsHandshakeIsClosed() throws Exception {
    var before = refused("handshake");
    var silent = connect("127.0.0.1");
    var slow = connect("127.0.0.1");
    // The first bytes of a ClientHello.
    slow.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0});

    assertFalse(isClosedWithin(silent, Duration.ofMillis(500)));

    assertTrue(isClosedWithin(silent, Duration.ofSeconds(5)));
    assertTrue(isClosedWithin(slow, Duration.ofSeconds(5)));
    await(() -> refused("handshake") == before + 2);
    await(() -> open() == 0);
  }

  @Test
  void aConnectionWithoutACallIsClosed() throws Exception {
    var calls = new Calls(channels.of("app"));
    assertEquals("cn:app", calls.whoAmI().getCallerId());
    assertTrue(open() >= 1);

    await(() -> open() == 0);

    assertEquals("cn:app", calls.whoAmI().getCallerId());
  }

  @Test
  void anOldConnectionIsReplacedWithoutAFailedCallAndItsStreamsEnd() throws Exception {
    start(
        Map.of(
            "KEYSERVICE_LIMITS_CONNECTION_AGE", "1s",
            "KEYSERVICE_LIMITS_CONNECTION_AGE_GRACE", "1s"));
    var calls = new Calls(channels.of("all"));
    var watch = calls.watch(WatchCryptoKeysRequest.getDefaultInstance());
    assertTrue(watch.next().hasProgress());

    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
    var answered = 0;
    while (System.nanoTime() < end) {
      assertEquals("cn:all", calls.whoAmI().getCallerId());
      answered++;
    }
    var ended = assertThrows(StatusRuntimeException.class, watch::next);

    assertEquals(Status.Code.UNAVAILABLE, ended.getStatus().getCode(), ended.toString());
    assertTrue(answered > 10, answered + " calls");
  }

  private Calls withMetadata(int size) {
    var headers = new Metadata();
    headers.put(Metadata.Key.of("large", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(size));
    return withHeaders(headers);
  }

  private Calls withHeaders(Metadata headers) {
    return new Calls(
        ClientInterceptors.intercept(
            channels.of("app"), MetadataUtils.newAttachHeadersInterceptor(headers)));
  }

  private static ByteString zeros(int size) {
    return ByteString.copyFrom(new byte[size]);
  }

  private Socket connect(String from) throws IOException {
    var socket = new Socket();
    sockets.add(socket);
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()), 5_000);
    return socket;
  }

  private static boolean isClosedSoon(Socket socket) throws IOException {
    return isClosedWithin(socket, Duration.ofMillis(300));
  }

  private static boolean isClosedWithin(Socket socket, Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    try {
      return socket.getInputStream().read() == -1;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // reset
    }
  }

  private double open() {
    return metric("keyservice_connections");
  }

  private double refused(String cause) {
    return Management.of(service)
        .metric("keyservice_connections_refused_total", "cause=\"" + cause + "\"")
        .orElseThrow();
  }

  private double metric(String name) {
    return Management.of(service).metric(name).orElseThrow();
  }
}
