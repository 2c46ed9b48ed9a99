package dev.keyservice.testing;

import dev.keyservice.identity.Caller;
import dev.keyservice.key.OffLoop;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeResponse;
import dev.keyservice.testing.proto.ProbeService;
import dev.keyservice.transport.CallLifetime;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Shows what reaches a service method.
@GrpcService
@CallLifetime
public class ProbeGrpcService implements ProbeService {
  /// How many calls of Slow were begun.
  public static final AtomicInteger SLOW_BEGUN = new AtomicInteger();

  /// How many calls of Slow were told to stop.
  public static final AtomicInteger SLOW_CANCELLED = new AtomicInteger();

  /// When the last of them was, by `System.nanoTime()`.
  public static final AtomicLong LAST_CANCELLED = new AtomicLong();

  /// How many large answers were made.
  public static final AtomicInteger LARGE_MADE = new AtomicInteger();

  /// How many slow requests were taken.
  public static final AtomicInteger SLOW_TAKEN = new AtomicInteger();

  private static final String PADDING = "x".repeat(1_000);

  @Override
  public Uni<ProbeResponse> unary(ProbeRequest request) {
    return Uni.createFrom().item(seen());
  }

  @Override
  public Multi<ProbeResponse> serverStream(ProbeRequest request) {
    var seen = seen();
    if (request.getHow().equals("forever")) {
      return Multi.createFrom().ticks().every(Duration.ofMillis(5)).map(i -> seen);
    }
    if (request.getHow().equals("large")) {
      return Multi.createFrom().range(0, request.getAnswers()).map(ProbeGrpcService::large);
    }
    return Multi.createFrom().range(0, request.getAnswers()).map(i -> seen);
  }

  private static ProbeResponse large(int number) {
    LARGE_MADE.incrementAndGet();
    return ProbeResponse.newBuilder().setHow(number + " " + PADDING).build();
  }

  @Override
  public Uni<ProbeResponse> clientStream(Multi<ProbeRequest> requests) {
    var seen = seen();
    return requests
        .onItem()
        .call(
            request -> request.getHow().startsWith("slow") ? pause() : Uni.createFrom().voidItem())
        .collect()
        .last()
        .map(last -> seen);
  }

  @Override
  public Multi<ProbeResponse> bidiStream(Multi<ProbeRequest> requests) {
    var seen = seen();
    return requests.map(request -> seen);
  }

  private static Uni<Void> pause() {
    SLOW_TAKEN.incrementAndGet();
    return Uni.createFrom().voidItem().onItem().delayIt().by(Duration.ofMillis(10));
  }

  /// Captures its caller before it leaves the event loop, as every service method does.
  @Override
  public Uni<ProbeResponse> hop(ProbeRequest request) {
    var caller = Caller.current();
    var loop = Thread.currentThread();
    return OffLoop.run(
        Infrastructure.getDefaultWorkerPool(), () -> answerOff(loop, caller, request));
  }

  private static ProbeResponse answerOff(Thread loop, Caller caller, ProbeRequest request) {
    if (Thread.currentThread().equals(loop)) {
      throw new IllegalStateException("this is no hop");
    }
    return ProbeResponse.newBuilder().setCallerId(caller.id()).setHow(request.getHow()).build();
  }

  @Override
  public Uni<ProbeResponse> slow(ProbeRequest request) {
    SLOW_BEGUN.incrementAndGet();
    return Uni.createFrom()
        .<ProbeResponse>nothing()
        .onCancellation()
        .invoke(() -> {
          LAST_CANCELLED.set(System.nanoTime());
          SLOW_CANCELLED.incrementAndGet();
        });
  }

  @Override
  public Uni<ProbeResponse> broken(ProbeRequest request) {
    var bug = new IllegalStateException("secret detail of " + getClass().getName());
    if (request.getHow().equals("throw")) {
      throw bug;
    }
    if (request.getHow().equals("hop")) {
      return OffLoop.run(
          Infrastructure.getDefaultWorkerPool(),
          () -> {
            throw bug;
          });
    }
    return Uni.createFrom().failure(bug);
  }

  private static ProbeResponse seen() {
    var interceptors =
        StackWalker.getInstance()
            .walk(frames ->
                frames
                    .filter(frame -> frame.getMethodName().equals("interceptCall"))
                    .map(StackWalker.StackFrame::getClassName)
                    .toList()
                    .reversed());
    return ProbeResponse.newBuilder()
        .setCallerId(Caller.current().id())
        .addAllInterceptors(interceptors)
        .build();
  }
}
