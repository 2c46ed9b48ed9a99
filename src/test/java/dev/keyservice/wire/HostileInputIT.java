package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.RawClient;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the packaged service answers to a trusted caller that keeps to neither HTTP/2 nor gRPC.
class HostileInputIT {
  private static final Map<String, Integer> OUTCOMES = new TreeMap<>();

  private static BesetService service;
  private static RawClient hostile;

  @BeforeAll
  static void start() {
    service = new BesetService();
    hostile = service.hostile();
  }

  @AfterAll
  static void stop() {
    System.out.println("proof: hostile inputs answered: " + OUTCOMES + ", service alive");
    service.close();
  }

  static Stream<HostileInput> headers() {
    return HostileHeaders.all();
  }

  static Stream<HostileInput> bodies() {
    return HostileFrames.bodies();
  }

  static Stream<HostileInput> streams() {
    return HostileFrames.streams();
  }

  static Stream<HostileInput> connections() {
    return HostileFrames.connections();
  }

  /// `INTERNAL` without a reason, and every `RST_STREAM` and `GOAWAY`, is said by grpc-java and
  /// Netty below all that is ours.
  @ParameterizedTest
  @MethodSource({"headers", "bodies", "streams", "connections"})
  void whatShouldNotBeSentHarmsOnlyItself(HostileInput input) throws Exception {
    var log = service.log();
    try (var connection = hostile.http2()) {
      input.sending().on(connection);

      var outcome = HostileInput.withoutDebugData(connection.outcome(1));
      OUTCOMES.merge(outcome, 1, Integer::sum);
      assertTrue(input.isDue(outcome), () -> outcome + " instead of " + input.outcome());
    }
    service.assertUnharmed(log);
  }
}
