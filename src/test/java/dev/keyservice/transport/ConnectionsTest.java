package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.NoiseLimit;
import dev.keyservice.failure.Failure;
import dev.keyservice.testing.SetClock;
import dev.keyservice.testing.TestCa;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionsTest {
  private static final byte[] HELLO = {1, 2, 3};

  /// One connection, without a network.
  @Nested
  class APeer {
    private final TestCa ca = new TestCa();
    private final Instant now = Instant.now();
    private final ServerTls tls = new ServerTls();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final PeerConnection peer =
        new PeerConnection(
            List.of(ca.client("payments").certificate()), channel, tls, new NoiseLimit());

    @Test
    void isTrustedByNobodyBeforeThereIsMaterial() {
      var _ = assertThrows(RuntimeException.class, () -> peer.requireTrusted(now));
    }

    @Test
    void isJudgedAnewWhenNewMaterialIsInForce() {
      tls.swap(Materials.of(ca.server(), ca));
      peer.requireTrusted(now);

      tls.swap(Materials.of(ca.server(), new TestCa()));

      var _ = assertThrows(Failure.Unauthenticated.class, () -> peer.requireTrusted(now));
    }

    @Test
    void isNeverTrustedAgain() {
      var before = Materials.of(ca.server(), ca);
      tls.swap(Materials.of(ca.server(), new TestCa()));
      var refused = assertThrows(Failure.Unauthenticated.class, () -> peer.requireTrusted(now));

      tls.swap(before);
      // One that judged by the old material may be late.
      peer.apply(before, new Verdict.Trusted(now.plusSeconds(60)));

      assertSame(
          refused, assertThrows(Failure.Unauthenticated.class, () -> peer.requireTrusted(now)));
    }

    @Test
    void endsItsCallsWhenItIsRefused() {
      tls.swap(Materials.of(ca.server(), ca));
      peer.requireTrusted(now);
      var early = peer.begin(Context.ROOT);
      var finished = peer.begin(Context.ROOT);
      peer.end(finished);

      tls.swap(Materials.of(ca.server(), new TestCa()));
      var refused = assertThrows(Failure.Unauthenticated.class, () -> peer.requireTrusted(now));
      assertFalse(early.isCancelled(), "only on its event loop");
      var late = peer.begin(Context.ROOT);
      channel.runPendingTasks();

      assertSame(refused, early.cancellationCause());
      assertSame(refused, late.cancellationCause());
      assertNull(finished.cancellationCause());
      peer.end(early);
      peer.end(late);
      assertEquals(0, peer.streams());
    }

    @Test
    void isClosedAMomentAfterItIsRefused() {
      channel.freezeTime();
      tls.swap(Materials.of(ca.server(), new TestCa()));
      var _ = assertThrows(Failure.Unauthenticated.class, () -> peer.requireTrusted(now));
      channel.runPendingTasks();

      channel.advanceTimeBy(PeerConnection.LINGER.toMillis() - 1, TimeUnit.MILLISECONDS);
      channel.runPendingTasks();
      assertTrue(channel.isOpen());
      channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
      channel.runPendingTasks();
      assertFalse(channel.isOpen());
    }
  }

  /// Over the wire.
  @Nested
  class OfAServer {
    private final TestCa ca = OurServer.CA;

    @Test
    void forgetsAConnectionThatIsClosed() throws Exception {
      try (var server = new OurServer(ByteService.echo())) {
        var channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
        assertArrayEquals(HELLO, ByteService.call(channel, HELLO));
        assertEquals(1, server.connections.count());
        assertEquals(1, server.channels.count());

        channel.shutdownNow();

        await(() -> server.connections.count() == 0 && server.channels.count() == 0);
      }
    }

    @Test
    void forgetsAHandshakeThatFails() throws Exception {
      try (var server = new OurServer(ByteService.echo())) {
        for (var i = 0; i < 50; i++) {
          try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.running.port())) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
            assertNotEquals(0, socket.getInputStream().read()); // an alert, or the end
          }
        }
        for (var i = 0; i < 50; i++) {
          var stranger =
              ByteService.connect(
                  server.running.port(), Materials.of(new TestCa().client("payments"), ca));
          var _ =
              assertThrows(StatusRuntimeException.class, () -> ByteService.call(stranger, HELLO));
          stranger.shutdownNow();
        }

        await(() -> server.channels.count() == 0);
        assertEquals(0, server.connections.count());
        System.out.println("proof: 100 failed handshakes left 0 channels");
      }
    }

    @Test
    void noticesByItselfThatACertificateHasEnded() throws Exception {
      var clock = new SetClock();
      try (var server = new OurServer(ByteService.echo(), clock)) {
        var channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
        assertArrayEquals(HELLO, ByteService.call(channel, HELLO));

        clock.set(Instant.now().plus(Duration.ofDays(1))); // as after a jump

        await(() -> server.connections.count() == 0);
        channel.shutdownNow();
      }
    }

    @Test
    void goesOnNoticingAfterAFault() throws Exception {
      var clock = new SetClock();
      try (var server = new OurServer(ByteService.echo(), clock)) {
        var channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
        assertArrayEquals(HELLO, ByteService.call(channel, HELLO));
        clock.fail(2);
        await(() -> !clock.isFailing());

        clock.set(Instant.now().plus(Duration.ofDays(1)));

        await(() -> server.connections.count() == 0);
        channel.shutdownNow();
      }
    }

    /// No stage sees it, so that it could not be ended in good order.
    @Test
    void closesARefusedConnectionAlthoughItsHealthIsWatched() throws Exception {
      try (var server = new OurServer(ByteService.echo())) {
        server.health.serving(server.running.services());
        var channel = ByteService.connect(server.running.port(), OurServer.CLIENT);
        var watch =
            HealthGrpc.newBlockingStub(channel).watch(HealthCheckRequest.getDefaultInstance());
        assertTrue(watch.hasNext());
        var _ = watch.next();
        var begin = System.nanoTime();

        server.tls.swap(Materials.of(ca.server(), new TestCa()));
        server.connections.rejudge();

        var ended = assertThrows(StatusRuntimeException.class, watch::hasNext);
        assertEquals(Status.Code.UNAVAILABLE, ended.getStatus().getCode());
        var taken = Duration.ofNanos(System.nanoTime() - begin);
        assertTrue(taken.compareTo(Duration.ofSeconds(4)) < 0, taken.toString());
        await(() -> server.connections.count() == 0 && server.channels.count() == 0);
        channel.shutdownNow();
      }
    }
  }

  private static void await(BooleanSupplier condition) {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited in vain");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }
}
