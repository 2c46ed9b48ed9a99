package dev.keyservice.stage;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.ProbeGrpcService;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeResponse;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.RunningServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Whoever is slow is waited for, on either side of a stream, and costs no memory.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class BackpressureTest {
  /// Of 1 KB each; what is on its way, in the buffers of both sides, is about 1 MiB.
  private static final int ANSWERS = 20_000;

  private static final int ON_THE_WAY = 4_000;

  /// Of 10 KB each.
  private static final int REQUESTS = 2_000;

  @Inject RunningServer server;
  private Channels channels;

  @BeforeEach
  void connect() {
    channels = new Channels(RunningInstallation.get(), server.port());
  }

  @AfterEach
  void disconnect() {
    channels.close();
  }

  @Test
  void answersThatNobodyReadsAreNotMade() throws Exception {
    var before = ProbeGrpcService.LARGE_MADE.get();
    var call = channels.of("app").newCall(ProbeServiceGrpc.getServerStreamMethod(), deadline());
    var reader = new Reader();

    call.start(reader, new Metadata());
    call.sendMessage(ProbeRequest.newBuilder().setHow("large").setAnswers(ANSWERS).build());
    call.halfClose();
    call.request(1);
    await(() -> ProbeGrpcService.LARGE_MADE.get() > before);
    var made = settled(ProbeGrpcService.LARGE_MADE::get) - before;

    assertTrue(made >= 1 && made < ON_THE_WAY, made + " were made");
    System.out.println("proof: " + made + " of " + ANSWERS + " answers made for one that was read");

    call.request(ANSWERS);

    assertEquals(Status.Code.OK, reader.end.get(20, TimeUnit.SECONDS).getCode());
    assertEquals(IntStream.range(0, ANSWERS).boxed().toList(), reader.numbers);
  }

  @Test
  void requestsThatNobodyTakesStayWithTheirCaller() throws Exception {
    var before = ProbeGrpcService.SLOW_TAKEN.get();
    var call = channels.of("app").newCall(ProbeServiceGrpc.getClientStreamMethod(), deadline());
    var reader = new Reader();
    call.start(reader, new Metadata());
    call.request(2);
    var request = ProbeRequest.newBuilder().setHow("slow" + "x".repeat(10_000)).build();

    await(call::isReady);
    var sent = 0;
    while (sent < REQUESTS && (call.isReady() || isReadySoon(call))) {
      call.sendMessage(request);
      sent++;
    }
    await(() -> ProbeGrpcService.SLOW_TAKEN.get() > before);
    var taken = ProbeGrpcService.SLOW_TAKEN.get() - before;

    assertTrue(sent > 0 && sent - taken < REQUESTS / 4, sent + " sent, " + taken + " taken");
    System.out.println("proof: a caller that sends as it may was " + (sent - taken) + " ahead");

    call.halfClose();

    assertEquals(Status.Code.OK, reader.end.get(30, TimeUnit.SECONDS).getCode());
    assertEquals(sent, ProbeGrpcService.SLOW_TAKEN.get() - before);
  }

  private static CallOptions deadline() {
    return CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /// A caller that is held back gets its turn as requests are taken; 30 ms without one end the try.
  private static boolean isReadySoon(ClientCall<?, ?> call) throws InterruptedException {
    for (var i = 0; i < 10 && !call.isReady(); i++) {
      TimeUnit.MILLISECONDS.sleep(3);
    }
    return call.isReady();
  }

  /// What a number comes to once it grows no more.
  private static int settled(IntSupplier number) throws InterruptedException {
    var before = -1;
    var now = number.getAsInt();
    while (now != before) {
      TimeUnit.MILLISECONDS.sleep(300);
      before = now;
      now = number.getAsInt();
    }
    return now;
  }

  private static final class Reader extends ClientCall.Listener<ProbeResponse> {
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final List<Integer> numbers = new ArrayList<>();

    @Override
    public void onMessage(ProbeResponse answer) {
      if (!answer.getHow().isEmpty()) {
        numbers.add(Integer.valueOf(answer.getHow().split(" ", 2)[0]));
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status);
    }
  }
}
