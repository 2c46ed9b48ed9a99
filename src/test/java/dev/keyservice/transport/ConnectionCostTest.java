package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.NoiseLimit;
import dev.keyservice.testing.TestCa;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.impl.VertxInternal;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What it costs a call that the certificate of its connection is still believed.
///
/// The times depend on the machine: they are printed, and only their order of magnitude asserted.
@Timeout(300)
class ConnectionCostTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int ROUNDS = PROOF ? 21 : 1;
  private static final int CALLS = PROOF ? 10_000 : 50;
  private static final int IN_FLIGHT = 64;
  private static final byte[] REQUEST = new byte[1024];

  private final Checking checking = new Checking();
  private final Semaphore free = new Semaphore(IN_FLIGHT);
  private final AtomicInteger answered = new AtomicInteger();

  /// Stands where the service authenticates, with the check or without it.
  private static final class Checking implements ServerInterceptor {
    private final Clock clock = Clock.systemUTC();
    private volatile boolean on;

    @Override
    public <I, O> ServerCall.Listener<I> interceptCall(
        ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
      var connection = PeerConnection.of(call.getAttributes());
      if (on) {
        connection.requireTrusted(clock.instant());
      }
      return next.startCall(call, headers);
    }
  }

  @Test
  void aCallCostsTheSameWithTheCheck() throws Exception {
    try (var server = new OurServer(ServerInterceptors.intercept(ByteService.echo(), checking))) {
      var channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
      var loops = eventLoops(server);
      var with = new ArrayList<Double>();
      var without = new ArrayList<Double>();
      var _ = round(channel, loops, true);
      var _ = round(channel, loops, false);
      for (var i = 0; i < ROUNDS; i++) {
        // Each goes first as often as the other.
        if (i % 2 == 0) {
          with.add(round(channel, loops, true));
          without.add(round(channel, loops, false));
        } else {
          without.add(round(channel, loops, false));
          with.add(round(channel, loops, true));
        }
      }
      channel.shutdownNow();

      assertEquals((2 + 2 * ROUNDS) * CALLS, answered.get());
      proof(
          ("server CPU of a 1 KiB call, medians of %d rounds of %d: %.2f µs with the check,"
                  + " %.2f µs without, ratio %.4f")
              .formatted(
                  ROUNDS, CALLS, median(with), median(without), median(with) / median(without)));
    }
  }

  @Test
  void theCheckIsALookUp() {
    var ca = new TestCa();
    var tls = new ServerTls();
    tls.swap(Materials.of(ca.server(), ca));
    var presented = List.of(ca.client("payments").certificate());
    var peer = new PeerConnection(presented, new EmbeddedChannel(), tls, new NoiseLimit());
    var now = Instant.now();

    var checks = PROOF ? 50_000_000 : 1_000;
    check(peer, now, checks);
    var begin = System.nanoTime();
    check(peer, now, checks);
    var check = (System.nanoTime() - begin) / (double) checks;

    var judgements = PROOF ? 5_000 : 10;
    judge(tls, peer, now, judgements);
    begin = System.nanoTime();
    judge(tls, peer, now, judgements);
    var judgement = (System.nanoTime() - begin) / 1_000.0 / judgements;

    // By far, on any machine: it would not be if each check judged.
    assertTrue(check * 10 < judgement * 1_000, check + " ns, " + judgement + " µs");
    proof(
        "%.1f ns a check of a connection that is judged, %.0f µs to judge it"
            .formatted(check, judgement));
  }

  private static void check(PeerConnection peer, Instant now, int times) {
    for (var i = 0; i < times; i++) {
      peer.requireTrusted(now);
    }
  }

  private static void judge(ServerTls tls, PeerConnection peer, Instant now, int times) {
    for (var i = 0; i < times; i++) {
      peer.judge(tls.current().orElseThrow(), now);
    }
  }

  /// Microseconds of the server's event loops for a call.
  private double round(Channel channel, List<Thread> loops, boolean on)
      throws InterruptedException {
    checking.on = on;
    var before = cpuNanos(loops);
    for (var i = 0; i < CALLS; i++) {
      free.acquire();
      ClientCalls.asyncUnaryCall(
          channel.newCall(ByteService.CALL, CallOptions.DEFAULT), REQUEST, new Answer());
    }
    free.acquire(IN_FLIGHT);
    free.release(IN_FLIGHT);
    return (cpuNanos(loops) - before) / 1_000.0 / CALLS;
  }

  private static long cpuNanos(List<Thread> threads) {
    var threadsBean = ManagementFactory.getThreadMXBean();
    return threads.stream()
        .mapToLong(thread -> threadsBean.getThreadCpuTime(thread.threadId()))
        .sum();
  }

  private static List<Thread> eventLoops(OurServer server) throws Exception {
    var threads = new ArrayList<Thread>();
    for (EventExecutor loop : ((VertxInternal) server.vertx).getEventLoopGroup()) {
      threads.add(loop.submit(Thread::currentThread).get());
    }
    return threads;
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }

  private static void proof(String figures) {
    if (PROOF) {
      System.out.println("proof: " + figures);
    }
  }

  private final class Answer implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] response) {
      answered.incrementAndGet();
    }

    @Override
    public void onError(Throwable failure) {
      free.release();
    }

    @Override
    public void onCompleted() {
      free.release();
    }
  }
}
