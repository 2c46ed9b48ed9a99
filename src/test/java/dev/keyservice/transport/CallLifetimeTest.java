package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.testing.TestCa;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.Channel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallLifetimeTest {
  private static final Status ENDED = Status.CANCELLED.withDescription("RPC cancelled");

  /// Over the wire: the work of a call that nobody answers.
  @Nested
  class OfACall {
    private static final TestCa CA = new TestCa();
    private static final TlsMaterial CLIENT = Materials.of(CA.client("payments"), CA);

    private final CompletableFuture<Boolean> begun = new CompletableFuture<>();
    private final CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private Server server;

    @BeforeEach
    void listen() throws IOException {
      var tls = new ServerTls();
      tls.swap(Materials.of(CA.server(), CA));
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .sslContext(tls.sslContext())
              .addService(ByteService.answering(this::work))
              .build()
              .start();
    }

    @AfterEach
    void close() throws InterruptedException {
      server.shutdownNow().awaitTermination();
    }

    @Test
    void endsAtItsDeadline() throws Exception {
      var channel = ByteService.connect(server.getPort(), CLIENT);
      var options = CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS);
      var start = System.nanoTime();

      var refused =
          assertThrows(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, ByteService.CALL, options, new byte[0]));

      assertEquals(Status.Code.DEADLINE_EXCEEDED, refused.getStatus().getCode());
      assertTrue(cancelled.get(5, TimeUnit.SECONDS));
      assertTrue(Duration.ofNanos(System.nanoTime() - start).compareTo(Duration.ofSeconds(2)) < 0);
      channel.shutdownNow();
    }

    @Test
    void endsWhenTheCallerCancels() throws Exception {
      var channel = ByteService.connect(server.getPort(), CLIENT);
      var call = begin(channel);

      call.cancel(true);

      assertTrue(cancelled.get(5, TimeUnit.SECONDS));
      assertInstanceOf(Failure.Cancelled.class, failure.get(5, TimeUnit.SECONDS));
      channel.shutdownNow();
    }

    @Test
    void endsWhenTheConnectionIsLost() throws Exception {
      var socket = new CompletableFuture<Channel>();
      var group = new NioEventLoopGroup(1);
      var channel =
          ByteService.channel(server.getPort(), CLIENT)
              .eventLoopGroup(group)
              .channelFactory(() -> noted(socket))
              .build();
      var _ = begin(channel);

      breakOff(socket.get());

      assertTrue(cancelled.get(5, TimeUnit.SECONDS));
      assertInstanceOf(Failure.Cancelled.class, failure.get(5, TimeUnit.SECONDS));
      channel.shutdownNow();
      var _ = group.shutdownGracefully();
    }

    /// Without the farewell that a channel says when it is closed.
    private static void breakOff(Channel socket) {
      socket.eventLoop().execute(() -> socket.unsafe().closeForcibly());
    }

    private static Channel noted(CompletableFuture<Channel> socket) {
      var created = new NioSocketChannel();
      socket.complete(created);
      return created;
    }

    private Future<byte[]> begin(ManagedChannel channel) throws Exception {
      var call =
          ClientCalls.futureUnaryCall(
              channel.newCall(ByteService.CALL, CallOptions.DEFAULT), new byte[0]);
      assertTrue(begun.get(5, TimeUnit.SECONDS));
      return call;
    }

    private void work(byte[] request, StreamObserver<byte[]> response) {
      var work = Uni.createFrom().<byte[]>nothing().onCancellation().invoke(this::noteCancelled);
      var _ =
          new UniOfCall<>(work, Context.current())
              .subscribe()
              .with(response::onNext, failure::complete);
      begun.complete(true);
    }

    private void noteCancelled() {
      cancelled.complete(true);
    }
  }

  @Nested
  class OfAUni {
    private final Context.CancellableContext call = Context.ROOT.withCancellation();
    private final AtomicBoolean cancelled = new AtomicBoolean();

    @Test
    void isThatOfItsWork() {
      var work = Uni.createFrom().item("done");

      var outcome = subscribe(work);

      outcome.assertItem("done");
      assertFalse(call.isCancelled());
    }

    @Test
    void isThatOfAFailureToo() {
      var work = Uni.createFrom().<String>failure(new Failure.Cancelled());

      subscribe(work).assertFailedWith(Failure.Cancelled.class);
    }

    @Test
    void endsWithItsCall() {
      var outcome = subscribe(endless());

      call.cancel(ENDED.asRuntimeException());

      outcome.assertFailedWith(Failure.Cancelled.class);
      assertTrue(cancelled.get());
    }

    @Test
    void doesNotBeginAfterItsCall() {
      call.cancel(ENDED.asRuntimeException());

      subscribe(endless()).assertFailedWith(Failure.Cancelled.class);

      assertTrue(cancelled.get());
    }

    @Test
    void leavesNothingBehindInTheContext() {
      var invocations = new AtomicInteger();
      var outcome =
          subscribe(Uni.createFrom().item("done").onItem().invoke(invocations::incrementAndGet));

      call.cancel(ENDED.asRuntimeException());

      outcome.assertItem("done");
      assertEquals(1, invocations.get());
    }

    @Test
    void passesACancellationOn() {
      subscribe(endless()).cancel();

      assertTrue(cancelled.get());
    }

    private Uni<String> endless() {
      return Uni.createFrom().<String>nothing().onCancellation().invoke(this::noteCancelled);
    }

    private void noteCancelled() {
      cancelled.set(true);
    }

    private UniAssertSubscriber<String> subscribe(Uni<String> work) {
      return new UniOfCall<>(work, call)
          .subscribe()
          .withSubscriber(UniAssertSubscriber.<String>create());
    }
  }

  @Nested
  class OfAMulti {
    private final Context.CancellableContext call = Context.ROOT.withCancellation();
    private final AtomicBoolean cancelled = new AtomicBoolean();

    @Test
    void isThatOfItsItems() {
      subscribe(Multi.createFrom().items("a", "b")).assertItems("a", "b").assertCompleted();
    }

    @Test
    void asksForNoMoreThanItsSubscriber() {
      var requested = new AtomicInteger();
      var items =
          Multi.createFrom()
              .items("a", "b", "c")
              .onRequest()
              .invoke(count -> requested.addAndGet(Math.toIntExact(count)));

      new MultiOfCall<>(items, call, null).subscribe().withSubscriber(AssertSubscriber.create(1));

      assertEquals(1, requested.get());
    }

    @Test
    void endsWithItsCall() {
      var outcome =
          subscribe(Multi.createFrom().<String>nothing().onCancellation().invoke(this::note));

      call.cancel(ENDED.asRuntimeException());

      outcome.assertFailedWith(Failure.Cancelled.class);
      assertTrue(cancelled.get());
    }

    private void note() {
      cancelled.set(true);
    }

    private AssertSubscriber<String> subscribe(Multi<String> items) {
      return new MultiOfCall<>(items, call, null)
          .subscribe()
          .withSubscriber(AssertSubscriber.create(9));
    }
  }
}
