package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.TestLimits;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A server without TLS, as the service opens it.
@Timeout(60)
class PlaintextGateTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);

  private final Vertx vertx = Vertx.vertx();
  private final RunningServer running = new RunningServer();
  private final AcceptedChannels channels = new AcceptedChannels(TestLimits.settings());
  private final PlaintextGate gate = new PlaintextGate();

  @BeforeEach
  void listen() throws IOException {
    var settings =
        new ServerSettings(
            new ListenAddress("127.0.0.1", 0),
            new PortSecurity.Plaintext(),
            TestLimits.byDefault());
    var _ =
        new NettyServerFactory(
                settings, new ServerTls(), running, new ServiceHealth(), channels, gate, List.of())
            .builder(vertx, LaunchMode.NORMAL)
            .addService(ByteService.echo())
            .build()
            .start();
  }

  @AfterEach
  void close() {
    running.stop(Duration.ZERO);
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void nobodyIsAnsweredBeforeItIsOpen() throws IOException {
    var refused = assertThrows(StatusRuntimeException.class, this::call);

    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
    assertTrue(new PlaintextProbe(Duration.ofSeconds(5)).isRefusedBy(address()));
    assertEquals(0, channels.count());
  }

  @Test
  void everybodyIsAnsweredOnceItIsOpen() throws IOException {
    gate.open();

    assertArrayEquals(HELLO, call());
    assertFalse(new PlaintextProbe(Duration.ofSeconds(5)).isRefusedBy(address()));
  }

  @Test
  void aChannelThatWasTurnedAwayGetsThroughOnceItIsOpen() {
    var channel = channel();
    try {
      var _ = assertThrows(StatusRuntimeException.class, () -> ByteService.call(channel, HELLO));
      gate.open();

      assertArrayEquals(
          HELLO,
          ClientCalls.blockingUnaryCall(
              channel, ByteService.CALL, CallOptions.DEFAULT.withWaitForReady(), HELLO));
    } finally {
      channel.shutdownNow();
    }
  }

  private byte[] call() {
    var channel = channel();
    try {
      return ByteService.call(channel, HELLO);
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", running.port()).usePlaintext().build();
  }

  private InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), running.port());
  }
}
