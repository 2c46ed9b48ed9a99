package dev.keyservice.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestLimits;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.LaunchMode;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.VertxInternal;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NettyServerFactoryTest {
  private static final TestCa CA = new TestCa();
  private static final TlsMaterial CLIENT = Materials.of(CA.client("payments"), CA);
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int EVENT_LOOPS = 4;
  private static final Vertx VERTX =
      Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));

  private final RunningServer running = new RunningServer();
  private final CountingFilter filter = new CountingFilter();

  @AfterEach
  void stop() {
    running.stop(Duration.ZERO);
  }

  @AfterAll
  static void closeVertx() {
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void runsCallsOnAllEventLoops() throws Exception {
    var threads = ConcurrentHashMap.<Thread>newKeySet();
    start(ByteService.answering((request, response) -> answerFrom(threads, request, response)));

    for (int i = 0; i < 2 * EVENT_LOOPS; i++) {
      assertArrayEquals(HELLO, call(HELLO));
    }

    assertEquals(eventLoops(), Set.copyOf(threads));
  }

  @Test
  void givesEachCallAVertxContextOfItsOwn() throws Exception {
    var contexts = ConcurrentHashMap.<Context>newKeySet();
    start(ByteService.answering((request, response) -> answerIn(contexts, request, response)));

    var channel = ByteService.connect(running.port(), CLIENT);
    try {
      assertArrayEquals(HELLO, ByteService.call(channel, HELLO));
      assertArrayEquals(HELLO, ByteService.call(channel, HELLO));
    } finally {
      channel.shutdownNow();
    }

    assertEquals(2, contexts.size());
    assertTrue(contexts.stream().allMatch(VertxContext::isDuplicatedContext));
    assertTrue(contexts.stream().allMatch(Context::isEventLoopContext));
  }

  @Test
  void refusesAMessageThatIsTooLarge() throws Exception {
    start(ByteService.echo());
    var largest = new byte[TestLimits.byDefault().messageBytes()];

    assertArrayEquals(largest, call(largest));
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, refusal(new byte[largest.length + 1]));
  }

  @Test
  void refusesMetadataThatIsTooLarge() throws Exception {
    start(ByteService.echo());
    var metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("large", Metadata.ASCII_STRING_MARSHALLER),
        "x".repeat(TestLimits.byDefault().metadataBytes()));
    var channel =
        ByteService.channel(running.port(), CLIENT)
            .intercept(MetadataUtils.newAttachHeadersInterceptor(metadata))
            .build();

    var refused = assertThrows(StatusRuntimeException.class, () -> callAndClose(channel, HELLO));

    assertEquals(Status.Code.INTERNAL, refused.getStatus().getCode());
  }

  @Test
  void refusesCompression() throws Exception {
    start(ByteService.echo());
    var channel = ByteService.connect(running.port(), CLIENT);
    try {
      var options = CallOptions.DEFAULT.withCompression("gzip");
      var refused =
          assertThrows(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, ByteService.CALL, options, HELLO));

      assertEquals(Status.Code.UNIMPLEMENTED, refused.getStatus().getCode());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void tellsTheFiltersOfEachConnection() throws Exception {
    start(ByteService.echo());

    assertArrayEquals(HELLO, call(HELLO));

    assertEquals(1, filter.connections.get());
  }

  @Test
  void saysThatThePortIsInUse() throws IOException {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var taken = new ListenAddress("127.0.0.1", other.getLocalPort());
      var server = builder(taken).build();

      var _ = assertThrows(IOException.class, server::start);

      assertFalse(running.isListening());
      var refused =
          assertThrows(SettingRefused.class, () -> running.requireListening("KEYSERVICE_LISTEN"));
      assertEquals(
          "KEYSERVICE_LISTEN: " + taken + " is in use, or not an address of this machine",
          refused.getMessage());
    }
  }

  @Test
  void endsTheStartOfAServerThatWasNeverBuilt() {
    assertThrows(SettingRefused.class, () -> running.requireListening("KEYSERVICE_LISTEN"));
  }

  @Test
  void freesThePortWhenItStops() throws Exception {
    start(ByteService.echo());
    var address = new ListenAddress("127.0.0.1", running.port());

    running.stop(Duration.ZERO);

    assertFalse(running.isListening());
    assertTrue(builder(address).build().start().getPort() == address.port());
  }

  @Test
  void lastsForNoOtherTls() {
    var builder = builder(new ListenAddress("127.0.0.1", 0));
    var file = new File("tls.pem");

    assertThrows(SettingRefused.class, () -> builder.useTransportSecurity(file, file));
  }

  private static void answerFrom(
      Set<Thread> threads, byte[] request, StreamObserver<byte[]> response) {
    threads.add(Thread.currentThread());
    response.onNext(request);
    response.onCompleted();
  }

  private static void answerIn(
      Set<Context> contexts, byte[] request, StreamObserver<byte[]> response) {
    contexts.add(Vertx.currentContext());
    response.onNext(request);
    response.onCompleted();
  }

  private static Set<Thread> eventLoops() throws Exception {
    var threads = new HashSet<Thread>();
    for (EventExecutor loop : ((VertxInternal) VERTX).getEventLoopGroup()) {
      threads.add(loop.submit(Thread::currentThread).get());
    }
    return threads;
  }

  private void start(ServerServiceDefinition service) throws IOException {
    var _ = builder(new ListenAddress("127.0.0.1", 0)).addService(service).build().start();
  }

  private ServiceServerBuilder builder(ListenAddress address) {
    var tls = new ServerTls();
    tls.swap(Materials.of(CA.server(), CA));
    var settings = new ServerSettings(address, TestLimits.byDefault());
    return new NettyServerFactory(
            settings,
            tls,
            running,
            new ServiceHealth(),
            new AcceptedChannels(settings),
            new PlaintextGate(),
            List.of(filter))
        .builder(VERTX, LaunchMode.NORMAL);
  }

  private byte[] call(byte[] request) {
    return callAndClose(
        ByteService.channel(running.port(), CLIENT)
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build(),
        request);
  }

  private Status.Code refusal(byte[] request) {
    return assertThrows(StatusRuntimeException.class, () -> call(request)).getStatus().getCode();
  }

  private static byte[] callAndClose(ManagedChannel channel, byte[] request) {
    try {
      return ByteService.call(channel, request);
    } finally {
      channel.shutdownNow();
    }
  }

  private static final class CountingFilter extends ServerTransportFilter {
    private final AtomicInteger connections = new AtomicInteger();

    @Override
    public Attributes transportReady(Attributes connection) {
      connections.incrementAndGet();
      return connection;
    }
  }
}
