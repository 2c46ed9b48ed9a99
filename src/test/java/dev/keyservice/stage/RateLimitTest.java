package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.LogLines;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.Spans;
import dev.keyservice.transport.RunningServer;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Callers who make more calls than they may, over the real wire.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
@TestProfile(RateLimitTest.Few.class)
class RateLimitTest {
  private static final int BURST = 20;

  @Inject RunningServer server;
  @Inject MeterRegistry metrics;

  private Channels channels;

  /// The service with few calls for each caller.
  public static final class Few implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("keyservice.limits.calls-per-caller", "20/s burst " + BURST);
    }
  }

  @BeforeEach
  void connect() {
    channels = new Channels(RunningInstallation.get(), server.port());
  }

  @AfterEach
  void disconnect() {
    channels.close();
  }

  @ParameterizedTest
  @EnumSource
  void aCallOverTheLimitIsToldWhenToComeBackAndLeavesNoSpan(StagesTest.Kind kind) throws Exception {
    var spans = Spans.settledServerSpans();
    var counted = limited();
    var refused = new ArrayList<StatusRuntimeException>();

    var accepted = calls(kind, channels.of("app"), 4 * BURST, refused);

    assertTrue(refused.size() > BURST, refused.size() + " refused");
    for (var refusal : refused) {
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, refusal.getStatus().getCode());
      assertEquals("RATE_LIMITED", detail(refusal, ErrorInfo.class).getReason());
      assertTrue(waitMillis(refusal) >= 1, refusal.toString());
    }
    assertEquals(accepted, Spans.settledServerSpans() - spans);
    assertEquals(refused.size(), limited() - counted);
    System.out.printf(
        "proof: of %d %s calls %d were over the limit; spans beyond those of the others: 0%n",
        4 * BURST, kind, refused.size());
  }

  /// One that comes late may take the turn of another, who is then told another: nothing in a call
  /// says whether it was there before. So all are made again where more than three came late.
  @Test
  void whoeverComesBackWhenItWasToldIsAnswered() throws Exception {
    var _ = StagesTest.Kind.UNARY.call(channels.of("all"));

    var attempts = callsAtOnce();
    for (var round = 1; round < 5 && late(attempts) > 3; round++) {
      attempts = callsAtOnce();
    }

    var waited = waited(attempts);
    var again = attempts.stream().filter(attempt -> attempt > 2).count();
    assertTrue(waited >= BURST, attempts.toString());
    assertTrue(again <= 3, attempts.toString());
    System.out.printf(
        "proof: 50 calls at once, all answered, %d had to wait, %d of them twice%n", waited, again);
  }

  /// How many attempts each took.
  private List<Integer> callsAtOnce() throws Exception {
    awaitFull();
    var calls =
        IntStream.range(0, 50)
            .mapToObj(i -> CompletableFuture.supplyAsync(this::obey, Thread::startVirtualThread))
            .toList();
    var attempts = new ArrayList<Integer>();
    for (var call : calls) {
      attempts.add(call.get(30, TimeUnit.SECONDS));
    }
    return attempts;
  }

  private static long waited(List<Integer> attempts) {
    return attempts.stream().filter(attempt -> attempt > 1).count();
  }

  /// How many were made when a turn was free again, and so answered beyond the burst.
  private static long late(List<Integer> attempts) {
    return attempts.size() - BURST - waited(attempts);
  }

  /// How many attempts it took.
  private int obey() {
    for (var attempt = 1; ; attempt++) {
      try {
        var _ = StagesTest.Kind.UNARY.call(channels.of("all"));
        return attempt;
      } catch (StatusRuntimeException refused) {
        sleep(waitMillis(refused));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void oneCallerDoesNotLimitAnother() throws Exception {
    awaitFull();
    var refused = new ArrayList<StatusRuntimeException>();

    var _ = calls(StagesTest.Kind.UNARY, channels.of("app"), 4 * BURST, refused);

    assertTrue(refused.size() > BURST);
    assertEquals("cn:admin", StagesTest.Kind.UNARY.call(channels.of("admin")).getCallerId());
  }

  @Test
  void aLimitedCallIsInTheAccessLogWithItsCaller() throws Exception {
    try (var lines = LogLines.of("dev.keyservice.access-log")) {
      var refused = new ArrayList<StatusRuntimeException>();
      var _ = calls(StagesTest.Kind.UNARY, channels.of("spiffe"), 4 * BURST, refused);

      var logged = lines.with("reason=RATE_LIMITED");

      assertEquals(refused.size(), logged.size());
      assertTrue(logged.getFirst().contains("caller=spiffe://"), logged.getFirst());
      assertTrue(logged.getFirst().contains("code=RESOURCE_EXHAUSTED"), logged.getFirst());
    }
  }

  /// @return how many were answered
  private static int calls(
      StagesTest.Kind kind, Channel channel, int count, List<StatusRuntimeException> refused)
      throws InterruptedException {
    var accepted = 0;
    for (var i = 0; i < count; i++) {
      try {
        var _ = kind.call(channel);
        accepted++;
      } catch (StatusRuntimeException e) {
        refused.add(e);
      }
    }
    return accepted;
  }

  private double limited() {
    return metrics.get("keyservice.calls.limited").functionCounter().count();
  }

  private static long waitMillis(StatusRuntimeException refused) {
    return Durations.toMillis(detail(refused, RetryInfo.class).getRetryDelay());
  }

  private static <T extends com.google.protobuf.Message> T detail(
      StatusRuntimeException refused, Class<T> type) {
    try {
      for (var detail : StatusProto.fromThrowable(refused).getDetailsList()) {
        if (detail.is(type)) {
          return detail.unpack(type);
        }
      }
      throw new AssertionError(refused + " has no " + type.getSimpleName());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitFull() {
    sleep(1_100);
  }

  private static void sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
