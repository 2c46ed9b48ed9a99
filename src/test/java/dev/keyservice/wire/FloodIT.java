package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Frame;
import dev.keyservice.testing.HeaderBlock;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a flood does to the packaged service: nothing that another caller would notice.
class FloodIT {
  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final int FRAMES = FULL ? 100_000 : 10_000;
  private static final int MILLIS = FULL ? 10_000 : 1_000;
  private static final int CONNECTIONS = FULL ? 1_000 : 100;
  private static final int TRAILERS = FULL ? 1_000 : 20;
  private static final int STREAMS = 2_000;
  private static final int STREAMS_ALLOWED = 200;
  private static final int BOMBS = FULL ? 200 : 20;
  private static final int BOMB_MIB = 100;
  private static final int HANDSHAKE_SECONDS = 10;
  private static final long GROWTH_MIB = 200;

  private static BesetService service;
  private static RawClient hostile;
  private static String key;

  @BeforeAll
  static void start() throws Exception {
    service = new BesetService();
    hostile = service.hostile();
    key = new Calls(service.channels().of("all")).createKey("app", "key").getName();
    try (var _ = new GoodCaller(service.channels().of("app"), key)) {
      TimeUnit.MILLISECONDS.sleep(FULL ? 5_000 : 1_500); // Until the heap is as it will be.
    }
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  static Stream<Flood> floods() {
    return Flood.all();
  }

  @ParameterizedTest
  @MethodSource("floods")
  void aFloodOfFramesIsNoticedByNobodyElse(Flood flood) throws Exception {
    besieged(
        flood.name(),
        () -> {
          try (var connection = hostile.http2()) {
            var sent = flood.on(connection, FRAMES, MILLIS);
            var ending = flood.end() == Flood.End.ANY ? connection.ending() : connection.ended();
            return new Report(
                "sent up to %,d times, ended with %s".formatted(sent, ending),
                flood.end().isMetBy(ending));
          }
        });
  }

  /// RFC 9113 §6.5.3 gives a client time to hear of the limit, not leave to ignore it for good.
  @Test
  void streamsBeyondTheLimitAreRefusedToAClientThatIgnoresIt() throws Exception {
    besieged(
        "streams without acknowledging SETTINGS",
        () -> {
          try (var connection = hostile.silent()) {
            connection.preface();
            for (var i = 0; i < STREAMS && !connection.isEnded(); i++) {
              var _ = connection.trySend(Flood.open(i).bytes());
            }
            TimeUnit.MILLISECONDS.sleep(500); // Refusals come after what is refused.
            var open =
                IntStream.range(0, STREAMS)
                    .filter(i -> connection.answered(Flood.stream(i)).isEmpty())
                    .count();
            return new Report(
                "%,d streams opened, %,d of them not refused, ended with %s"
                    .formatted(STREAMS, open, connection.ending()),
                open <= STREAMS_ALLOWED || connection.isEnded());
          }
        });
  }

  static Stream<Arguments> trailers() {
    return Stream.of(
        Arguments.of("empty trailers", new HeaderBlock(List.of())),
        Arguments.of("another call as trailers", HostileInput.call()));
  }

  /// gRPC knows no trailers of a request. grpc-java takes them for the headers of another call on
  /// the same stream, and nobody would hear of the end of the call before them.
  @ParameterizedTest(name = "{0}")
  @MethodSource("trailers")
  void callsThatAreFollowedByTrailersEndWithTheirConnection(String name, HeaderBlock trailers)
      throws Exception {
    besieged(
        name,
        () -> {
          var outcomes = new TreeMap<String, Integer>();
          for (var i = 0; i < TRAILERS; i++) {
            try (var connection = hostile.http2()) {
              var _ = connection.trySend(Flood.withTrailers(0, trailers));
              outcomes.merge(connection.ended(), 1, Integer::sum);
            }
          }
          return new Report(
              "%,d connections, ended with %s".formatted(TRAILERS, outcomes),
              outcomes.keySet().stream().allMatch(it -> it.startsWith("GOAWAY PROTOCOL_ERROR")));
        });
    assertEquals(0, Management.of(service.process()).metric("keyservice_calls_running").get());
  }

  @Test
  void compressedMessagesAreRefusedUnopened() throws Exception {
    var bomb = bomb();
    besieged(
        "gzip bomb",
        () -> {
          var outcomes = new TreeMap<String, Integer>();
          try (var connection = hostile.http2()) {
            for (var i = 0; i < BOMBS; i++) {
              var block = HostileInput.call().and("grpc-encoding", "gzip");
              var _ = connection.trySend(Frame.headers(Flood.stream(i), block).bytes());
              for (var begin = 0; begin < bomb.length; begin += Frame.LARGEST) {
                var end = Math.min(bomb.length, begin + Frame.LARGEST);
                var part = Arrays.copyOfRange(bomb, begin, end);
                var flags = end == bomb.length ? Frame.END_STREAM : 0;
                var _ =
                    connection.trySend(new Frame(Frame.DATA, flags, Flood.stream(i), part).bytes());
              }
              outcomes.merge(connection.outcome(Flood.stream(i)), 1, Integer::sum);
            }
          }
          return new Report(
              "%d messages of %,d bytes that would be %d MiB sent, answered %s"
                  .formatted(BOMBS, bomb.length, BOMB_MIB, outcomes),
              outcomes.keySet().equals(Set.of("UNIMPLEMENTED")));
        });
  }

  private static byte[] bomb() throws IOException {
    var compressed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(compressed)) {
      for (var i = 0; i < BOMB_MIB; i++) {
        gzip.write(new byte[1 << 20]);
      }
    }
    return Frame.message(1, compressed.size(), compressed.toByteArray());
  }

  @Test
  void connectionsThatComeAndGoAreNoticedByNobodyElse() throws Exception {
    besieged(
        "connections closed at once",
        () -> {
          for (var i = 0; i < CONNECTIONS; i++) {
            try (var tcp = hostile.tcp()) {
              if (i % 2 == 0) {
                var _ = hostile.tls(tcp);
              }
            }
          }
          return new Report(
              "%,d connections, every other after its handshake, closed by the client"
                  .formatted(CONNECTIONS),
              true);
        });
  }

  @Test
  @EnabledIfSystemProperty(named = "proof.full", matches = "true")
  void connectionsThatDoNotFinishTheirHandshakeAreClosed() throws Exception {
    besieged(
        "half-open connections",
        () -> {
          var begin = System.nanoTime();
          var sockets = new ArrayList<Socket>();
          for (var i = 0; i < CONNECTIONS; i++) {
            var socket = hostile.tcp();
            if (i % 2 == 0) {
              // The record of a ClientHello, and no more than its beginning.
              socket
                  .getOutputStream()
                  .write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
            }
            sockets.add(socket);
          }
          var closed = 0;
          for (var socket : sockets) {
            try (socket) {
              socket.setSoTimeout((HANDSHAKE_SECONDS + 5) * 1_000);
              closed += socket.getInputStream().read() < 0 ? 1 : 0;
            } catch (IOException e) {
              closed += socket.isClosed() ? 0 : 1;
            }
          }
          var seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
          return new Report(
              "%,d connections, %,d closed by the service after %d s"
                  .formatted(CONNECTIONS, closed, seconds),
              closed == CONNECTIONS && seconds <= HANDSHAKE_SECONDS + 4);
        });
  }

  /// What a flood came to, and whether that is as it should be.
  private record Report(String text, boolean asItShouldBe) {}

  @FunctionalInterface
  private interface Siege {
    Report lay() throws Exception;
  }

  /// Lays it while a good caller calls, prints what came of it, and asserts that nothing did.
  private static void besieged(String name, Siege siege) throws Exception {
    var log = service.log();
    var before = Footprint.of(service.process());
    var begin = System.nanoTime();
    Report report;
    GoodCaller caller;
    try (var calling = new GoodCaller(service.channels().of("app"), key)) {
      caller = calling;
      report = siege.lay();
      TimeUnit.MILLISECONDS.sleep(200); // for its consequences
    }
    var millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    var after = Footprint.of(service.process());
    System.out.printf(
        "proof: flood %s: %s after %,d ms, %s, %d log lines and %d of its calls, %s%n",
        name, report.text(), millis, caller, log.noise().size(), log.calls(), after.since(before));
    assertEquals(List.of(), caller.failures());
    assertTrue(caller.calls() > 0);
    service.assertUnharmed(log);
    assertTrue(after.growthSince(before) < GROWTH_MIB, () -> after.since(before));
    assertTrue(report.asItShouldBe(), report::text);
  }
}
