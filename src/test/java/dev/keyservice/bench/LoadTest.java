package dev.keyservice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Loads on a real server that does as it is told.
@Timeout(60)
class LoadTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final AtomicInteger asked = new AtomicInteger();
  private Optional<Server> server = Optional.empty();
  private Optional<ManagedChannel> channel = Optional.empty();
  private final ScheduledExecutorService oneThread = Executors.newSingleThreadScheduledExecutor();

  /// A target of one connection, whose calls are all run on one thread.
  ///
  /// @param before run before each answer, with the number of the call
  /// @param answer sent to each call that is not refused
  /// @param refused every so many calls one is
  private Target target(IntConsumer before, WhoAmIResponse answer, int refused) throws IOException {
    var service =
        ServerServiceDefinition.builder("keyservice.v1.AccessService")
            .addMethod(
                AccessServiceGrpc.getWhoAmIMethod(),
                ServerCalls.<WhoAmIRequest, WhoAmIResponse>asyncUnaryCall((_, observer) -> {
                  var number = asked.incrementAndGet();
                  before.accept(number);
                  if (number % refused == 0) {
                    observer.onError(Status.UNAVAILABLE.asException());
                  } else {
                    observer.onNext(answer);
                    observer.onCompleted();
                  }
                }))
            .build();
    var started =
        NettyServerBuilder.forPort(0).executor(oneThread).addService(service).build().start();
    server = Optional.of(started);
    var opened =
        NettyChannelBuilder.forAddress("localhost", started.getPort())
            .usePlaintext()
            .directExecutor()
            .build();
    channel = Optional.of(opened);
    PreparedCall<? extends Message, ? extends Message> call =
        new PreparedCall<>(
            AccessServiceGrpc.getWhoAmIMethod(),
            WhoAmIRequest.getDefaultInstance(),
            got -> got.getCallerId().equals("cn:app"));
    var calls =
        new Calls(new Mix(Map.of(CallKind.WHOAMI, 1)), Map.of(CallKind.WHOAMI, List.of(call)));
    return new Target("server", List.of(opened), calls, Optional.empty());
  }

  private static final WhoAmIResponse RIGHT =
      WhoAmIResponse.newBuilder().setCallerId("cn:app").build();

  @AfterEach
  void stop() throws InterruptedException {
    channel.ifPresent(ManagedChannel::shutdownNow);
    server.ifPresent(Server::shutdownNow);
    oneThread.shutdownNow();
    assertTrue(oneThread.awaitTermination(10, TimeUnit.SECONDS));
  }

  private static void stallOnce(int number) {
    if (number == 50) {
      try {
        TimeUnit.MILLISECONDS.sleep(600);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static double millis(Histogram latencies, double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e6;
  }

  @Test
  void anOpenLoadChargesAStallToEveryCallThatWasDueMeanwhile() throws Exception {
    var target = target(LoadTest::stallOnce, RIGHT, Integer.MAX_VALUE);

    var round = Round.of(new Load.Open(200), target, SECOND);

    // 200 calls in a second, of which 120 were due during the 0.6 s of the stall.
    assertEquals(200, round.calls());
    assertTrue(millis(round.latencies(), 75) > 150, () -> "p75 " + millis(round.latencies(), 75));
    assertTrue(millis(round.latencies(), 99) > 500, () -> "p99 " + millis(round.latencies(), 99));
  }

  @Test
  void aClosedLoadAsksLessDuringAStall() throws Exception {
    var target = target(LoadTest::stallOnce, RIGHT, Integer.MAX_VALUE);

    var round = Round.of(new Load.Closed(1), target, Duration.ofSeconds(3));

    assertTrue(round.calls() > 100, () -> round.calls() + " calls");
    assertTrue(millis(round.latencies(), 99) < 300, () -> "p99 " + millis(round.latencies(), 99));
    assertTrue(millis(round.latencies(), 100) > 500, () -> "max " + millis(round.latencies(), 100));
  }

  @Test
  void countsEveryCallThatIsRefusedByItsStatus() throws Exception {
    var target = target(_ -> {}, RIGHT, 4);

    var round = Round.of(new Load.Open(400), target, SECOND);

    assertEquals(300, round.calls());
    assertEquals(Map.of("UNAVAILABLE", 100L), round.failures());
    assertEquals(400, asked.get());
  }

  @Test
  void anAnswerToAnotherQuestionIsAFailure() throws Exception {
    var wrong = WhoAmIResponse.newBuilder().setCallerId("cn:someone").build();
    var target = target(_ -> {}, wrong, Integer.MAX_VALUE);

    var round = Round.of(new Load.Closed(2), target, Duration.ofMillis(200));

    assertEquals(0, round.calls());
    assertEquals(List.of("WRONG_ANSWER"), List.copyOf(round.failures().keySet()));
  }

  @Test
  void goesOnAndCountsWhenThereIsNoServer() throws Exception {
    var target = target(_ -> {}, RIGHT, Integer.MAX_VALUE);
    server.orElseThrow().shutdownNow().awaitTermination();

    var round = Round.of(new Load.Closed(2), target, Duration.ofMillis(300));

    assertEquals(0, round.calls());
    assertEquals(List.of("UNAVAILABLE"), List.copyOf(round.failures().keySet()));
  }
}
