package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Frame;
import dev.keyservice.testing.HeaderBlock;
import dev.keyservice.testing.Http2Connection;
import dev.keyservice.testing.RawClient;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Bytes and frames at random to the packaged service, in the place of TCP, TLS, HTTP/2 and gRPC.
class RandomTrafficIT {
  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final int FRAMES = FULL ? 10_000 : 300;
  private static final int CONNECTIONS = FULL ? 1_000 : 20;
  private static final int BURST = 20;
  private static final long SEED = 22;

  /// What grpc-java answers for us, without a reason, to a body that is not in its framing.
  private static final Set<String> BELOW_THE_SERVICE =
      Set.of("INTERNAL", "RESOURCE_EXHAUSTED", "GOAWAY ENHANCE_YOUR_CALM", "closed");

  private static BesetService service;
  private static RawClient hostile;

  private final Random random = new Random(SEED);
  private final Map<String, Integer> counts = new TreeMap<>();

  @BeforeAll
  static void start() {
    service = new BesetService();
    hostile = service.hostile();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void bytesInPlaceOfTlsEndTheConnection() throws Exception {
    var log = service.log();
    var sockets = new ArrayList<Socket>();
    for (var i = 0; i < CONNECTIONS; i++) {
      var socket = hostile.tcp();
      socket.getOutputStream().write(bytes(5 + random.nextInt(300)));
      sockets.add(socket);
    }
    for (var socket : sockets) {
      try (socket) {
        count(ending(socket));
      }
    }
    print(CONNECTIONS, "connections with bytes in place of TLS", log);
    assertEquals(Set.of("closed"), counts.keySet());
    service.assertUnharmed(log);
  }

  private static String ending(Socket socket) {
    try {
      socket.setSoTimeout(15_000);
      while (socket.getInputStream().read() >= 0) {
        // An alert may come first.
      }
      return "closed";
    } catch (SocketTimeoutException e) {
      return "open";
    } catch (IOException e) {
      return "closed";
    }
  }

  @Test
  void bytesInPlaceOfHttpEndTheConnection() throws Exception {
    var log = service.log();
    for (var i = 0; i < CONNECTIONS; i++) {
      try (var connection = hostile.silent()) {
        var _ = connection.trySend(bytes(24 + random.nextInt(300)));
        count(connection.ended());
      }
    }
    print(CONNECTIONS, "connections with bytes in place of HTTP/2", log);
    counts.keySet().forEach(RandomTrafficIT::assertRefused);
    service.assertUnharmed(log);
  }

  @Test
  void bytesInPlaceOfFramesEndTheConnection() throws Exception {
    var log = service.log();
    for (var i = 0; i < CONNECTIONS; i++) {
      try (var connection = hostile.http2()) {
        var _ = connection.trySend(bytes(2 * Frame.LARGEST));
        count(connection.ended());
      }
    }
    print(CONNECTIONS, "connections with bytes in place of frames", log);
    counts.keySet().forEach(RandomTrafficIT::assertRefused);
    service.assertUnharmed(log);
  }

  /// Each ends its connection, or the connection goes on as if nothing had been.
  @Test
  void framesAtRandomEndTheConnectionOrChangeNothing() throws Exception {
    var log = service.log();
    var sent = 0;
    while (sent < FRAMES) {
      try (var connection = hostile.http2()) {
        for (var i = 0; i < BURST && sent < FRAMES && !connection.isEnded(); i++, sent++) {
          var acknowledged = connection.settingsAcknowledged();
          var _ = connection.trySend(Frame.bytes(frame(), Frame.settings()));
          connection.awaitSettingsAcknowledged(acknowledged + 1);
        }
        count(connection.isEnded() ? connection.ended() : "open");
      }
    }
    print(FRAMES, "frames", log);
    counts.keySet().stream()
        .filter(how -> !how.equals("open"))
        .forEach(RandomTrafficIT::assertRefused);
    service.assertUnharmed(log);
  }

  private Frame frame() {
    var type = random.nextInt(13);
    var size = random.nextInt(4) == 0 ? random.nextInt(2_000) : random.nextInt(12);
    return new Frame(type, random.nextInt(256), random.nextInt(8), bytes(size));
  }

  @Test
  void bytesInPlaceOfAMessageAreRefusedAtTheirStream() throws Exception {
    var log = service.log();
    var methods = ServedMethods.all();
    for (var sent = 0; sent < FRAMES; ) {
      try (var connection = hostile.http2()) {
        for (; sent < FRAMES && !connection.isEnded(); sent += BURST) {
          var first = 1 + 2 * sent;
          for (var i = 0; i < BURST; i++) {
            var path = "/" + ServedMethods.fullName(methods.get((sent + i) % methods.size()));
            send(connection, first + 2 * i, path);
          }
          for (var i = 0; i < BURST; i++) {
            count(connection.outcome(first + 2 * i));
          }
        }
      }
    }
    print(FRAMES, "bytes as DATA", log);
    for (var outcome : counts.keySet()) {
      assertTrue(
          BELOW_THE_SERVICE.contains(outcome) || outcome.equals("OK") || ofContract(outcome),
          outcome);
    }
    service.assertUnharmed(log);
  }

  /// Half of them begin as a message would, which gets them further.
  private void send(Http2Connection connection, int stream, String path) {
    var data = bytes(random.nextInt(200));
    var body = random.nextBoolean() ? data : Frame.message(0, random.nextInt(210), data);
    var _ =
        connection.trySend(
            Frame.bytes(
                Frame.headers(stream, HeaderBlock.ofCall(path)), Frame.lastData(stream, body)));
  }

  private static boolean ofContract(String outcome) {
    return outcome.startsWith("INVALID_ARGUMENT ");
  }

  private static void assertRefused(String ending) {
    assertTrue(ending.equals("closed") || ending.startsWith("GOAWAY "), ending);
    assertFalse(ending.startsWith("GOAWAY INTERNAL_ERROR"), ending);
  }

  private void count(String outcome) {
    counts.merge(HostileInput.withoutDebugData(outcome), 1, Integer::sum);
  }

  private void print(int number, String what, BesetService.LogSection log) {
    System.out.printf(
        "proof: %,d random %s (seed %d): %s, %d log lines of level ERROR%n",
        number, what, SEED, counts, log.errors().size());
  }

  private byte[] bytes(int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
