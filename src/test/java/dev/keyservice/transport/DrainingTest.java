package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DrainingTest {
  private static final byte[] ANSWER = {1, 2, 3};

  private final CompletableFuture<StreamObserver<byte[]>> inFlight = new CompletableFuture<>();
  private final BlockingQueue<String> watched = new LinkedBlockingQueue<>();
  private OurServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    server =
        new OurServer(ByteService.answering((request, response) -> inFlight.complete(response)));
    channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void tellsAWatcherAndLetsACallFinishAndWaitsForNothingElse() throws Exception {
    server.health.serving(server.running.services());
    HealthGrpc.newStub(channel).watch(HealthCheckRequest.getDefaultInstance(), new Watcher());
    assertEquals("SERVING", watched.poll(5, TimeUnit.SECONDS));
    var call =
        ClientCalls.futureUnaryCall(
            channel.newCall(ByteService.CALL, CallOptions.DEFAULT), new byte[0]);
    var response = inFlight.get(5, TimeUnit.SECONDS);
    var begin = System.nanoTime();

    var drained = CompletableFuture.runAsync(this::drain);

    assertEquals("NOT_SERVING", watched.poll(5, TimeUnit.SECONDS));
    assertEquals("UNAVAILABLE", watched.poll(5, TimeUnit.SECONDS));
    assertFalse(drained.isDone(), "the call in progress is waited for");
    response.onNext(ANSWER);
    response.onCompleted();
    assertArrayEquals(ANSWER, call.get(5, TimeUnit.SECONDS));
    drained.get(5, TimeUnit.SECONDS);
    var taken = Duration.ofNanos(System.nanoTime() - begin);
    assertTrue(taken.compareTo(Duration.ofSeconds(5)) < 0, taken.toString());
    assertFalse(server.running.isListening());
  }

  @Test
  void endsAWatchThatComesAfterwards() throws InterruptedException {
    server.health.end();

    HealthGrpc.newStub(channel).watch(HealthCheckRequest.getDefaultInstance(), new Watcher());

    assertEquals("NOT_SERVING", watched.poll(5, TimeUnit.SECONDS));
    assertEquals("UNAVAILABLE", watched.poll(5, TimeUnit.SECONDS));
  }

  private void drain() {
    new Draining(server.health, server.running, new LiveCalls(), server.settings).drain();
  }

  private final class Watcher implements StreamObserver<HealthCheckResponse> {
    @Override
    public void onNext(HealthCheckResponse response) {
      watched.add(response.getStatus().name());
    }

    @Override
    public void onError(Throwable failure) {
      watched.add(Status.fromThrowable(failure).getCode().name());
    }

    @Override
    public void onCompleted() {
      watched.add("completed");
    }
  }
}
