package dev.keyservice.client;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A watch over real mutual TLS, and everything that interrupts it.
@Timeout(120)
class KeyWatchTest {
  private static final WatchCryptoKeysRequest ALL = WatchCryptoKeysRequest.getDefaultInstance();

  @TempDir static Path directory;

  private static TlsFiles serverFiles;
  private static TlsFiles clientFiles;

  private StandInService service;
  private Relay relay;
  private KeyServiceClient client;

  @BeforeAll
  static void mint() {
    var authority = TestAuthority.in(directory);
    var server = authority.server("127.0.0.1");
    var alice = authority.client("alice");
    serverFiles = TlsFiles.ofServer(authority.ca(), server.certificate(), server.key());
    clientFiles = TlsFiles.ofClient(authority.ca(), alice.certificate(), alice.key());
  }

  @BeforeEach
  void connect() {
    service = StandInService.start(serverFiles, Clock.systemUTC());
    relay = Relay.to(service.port());
    client = open(relay.port());
  }

  private static KeyServiceClient open(int port) {
    return KeyServiceClient.open(new ClientSettings("127.0.0.1", port, clientFiles, null));
  }

  @AfterEach
  void close() {
    client.close();
    relay.close();
    service.close();
  }

  @Test
  void handsOnEveryAnswerInOrderOnTheThreadOfTheWatch() {
    service.watched(answers(snapshot("a"), progress(7), change(8, "b")));
    var watcher = new Watcher(3);

    client.watch(ALL, watcher);

    assertEquals(List.of("- a", "7 progress", "8 b"), watcher.told());
    assertEquals(List.of(Thread.currentThread()), watcher.threads());
  }

  @Test
  void asksForWhatItIsAskedFor() {
    service.watched(answers(change(8, "b")));
    var request =
        WatchCryptoKeysRequest.newBuilder().setParent("keyRings/a").setAfterRevision(0).build();

    client.watch(request, new Watcher(1));

    assertEquals(List.of(request), service.watches());
  }

  @Test
  void endsTheCallWhenTheWatcherHasEnough() throws InterruptedException {
    var cancelled = new CountDownLatch(1);
    service.watched(call -> {
      call.setOnCancelHandler(cancelled::countDown);
      call.onNext(change(1, "a"));
    });

    client.watch(ALL, new Watcher(1));

    assertTrue(cancelled.await(10, TimeUnit.SECONDS));
  }

  @Test
  void resumesFromTheLastRevisionWhenTheServiceEnds() {
    service.watched(
        answers(snapshot("a"), progress(5), change(6, "b")).andThen(ending()),
        answers(change(9, "c")).andThen(ending()),
        answers(change(10, "d")));
    var watcher = new Watcher(5);

    client.watch(ALL, watcher);

    assertEquals(List.of("- a", "5 progress", "6 b", "9 c", "10 d"), watcher.told());
    assertEquals(List.of(ALL, after(6), after(9)), service.watches());
  }

  @Test
  void resumesFromTheRevisionOfTheRequestWhenNothingWasSeen() {
    service.watched(answers().andThen(ending()), answers(change(4, "a")));

    client.watch(after(0), new Watcher(1));

    assertEquals(List.of(after(0), after(0)), service.watches());
  }

  @Test
  void beginsASnapshotAnewThatWasCutOff() {
    service.watched(
        answers(snapshot("a")).andThen(ending()),
        answers(snapshot("a"), snapshot("b"), progress(5)));
    var watcher = new Watcher(4);

    client.watch(ALL, watcher);

    assertEquals(List.of("- a", "- a", "- b", "5 progress"), watcher.told());
    assertEquals(List.of(ALL, ALL), service.watches());
  }

  @Test
  void resumesWhenTheServiceEndsTheCallWithoutAnError() {
    service.watched(
        call -> {
          call.onNext(change(1, "a"));
          call.onCompleted();
        },
        answers(change(2, "b")));
    var watcher = new Watcher(2);

    client.watch(ALL, watcher);

    assertEquals(List.of("1 a", "2 b"), watcher.told());
  }

  @Test
  void resumesOverAConnectionThatBroke() {
    service.watched(
        answers(change(1, "a"), change(2, "b")),
        answers(change(3, "c"), change(4, "d")),
        answers(change(5, "e")));
    var watcher =
        new Watcher(
            5,
            answer -> {
              if (answer.getRevision() % 2 == 0) {
                relay.cut();
              }
            });

    client.watch(ALL, watcher);

    assertEquals(List.of("1 a", "2 b", "3 c", "4 d", "5 e"), watcher.told());
    assertEquals(List.of(ALL, after(2), after(4)), service.watches());
  }

  @Test
  void resumesOverAConnectionThatTheServiceClosesForItsAge() {
    try (var aging = StandInService.closingConnections(serverFiles);
        var another = open(aging.port())) {
      aging.watched(answers(change(1, "a")), answers(change(2, "b")), answers(change(3, "c")));
      var watcher = new Watcher(3);

      another.watch(ALL, watcher);

      assertEquals(List.of("1 a", "2 b", "3 c"), watcher.told());
      assertEquals(List.of(ALL, after(1), after(2)), aging.watches());
    }
  }

  @Test
  void resumesWhenTheServiceDiesAndComesBack() throws Exception {
    service.watched(answers(change(1, "a")));
    var watcher = new Watcher(2);
    var watch = Running.start(() -> client.watch(ALL, watcher));
    await(() -> watcher.told().size() == 1);

    service.close();
    await(() -> watcher.told().contains("interrupted"));
    service = StandInService.startAgain(serverFiles, service.port());
    service.watched(answers(change(2, "b")));
    watch.join();

    assertEquals(List.of("1 a", "interrupted", "resumed", "2 b"), watcher.told());
    assertEquals(List.of(after(1)), service.watches());
  }

  @Test
  void knowsThatItGoesOnEvenIfNothingChanges() throws Exception {
    service.watched(
        answers(change(1, "a")).andThen(ending()),
        answers().andThen(ending()),
        answers().andThen(ending()));
    var watcher = new Watcher(9);
    var watch = Running.start(() -> client.watch(ALL, watcher));

    await(() -> watcher.told().contains("resumed"));
    watch.interrupt();

    assertEquals(List.of("1 a", "interrupted", "resumed"), watcher.told());
    assertEquals(4, service.watches().size());
  }

  @Test
  void saysNothingOfAnInterruptionThatIsOverAtOnce() {
    service.watched(answers(change(1, "a")).andThen(ending()), answers(change(2, "b")));
    var watcher = new Watcher(2);

    client.watch(ALL, watcher);

    assertEquals(List.of("1 a", "2 b"), watcher.told());
  }

  @Test
  void saysWhatInterruptedIt() {
    service.watched(
        answers(change(1, "a")).andThen(ending()),
        answers().andThen(StandInService.failure(Code.UNAVAILABLE, "other", "OTHER")),
        answers(change(2, "b")));
    var watcher = new Watcher(2);

    client.watch(ALL, watcher);

    assertEquals(List.of("1 a", "interrupted", "resumed", "2 b"), watcher.told());
    assertEquals(
        List.of("UNAVAILABLE: the service is ending"),
        watcher.causes.stream().map(Throwable::getMessage).toList());
  }

  @Test
  void pausesLongerAndLongerUntilSomethingArrives() {
    var calls = new ConcurrentLinkedQueue<Long>();
    StandInService.Watched refused =
        call -> {
          calls.add(System.nanoTime());
          call.onError(ending());
        };
    StandInService.Watched answered =
        call -> {
          calls.add(System.nanoTime());
          call.onNext(change(1, "a"));
          call.onError(ending());
        };
    service.watched(refused, refused, refused, refused, refused, answered, answered);

    client.watch(ALL, new Watcher(2));

    var pauses = millisBetween(calls);
    for (int i = 0; i < 5; i++) {
      assertTrue(pauses.get(i) >= 50L << i, pauses::toString);
    }
    assertTrue(pauses.getLast() < 800, pauses::toString);
  }

  @Test
  @EnabledIfSystemProperty(named = "proof.full", matches = "true", disabledReason = "takes 12 s")
  void dialsAgainAtEachTryHoweverLongTheServiceWasAway() throws Exception {
    var port = service.port();
    service.close();
    var watcher = new Watcher(1);
    try (var direct = open(port)) {
      var watch = Running.start(() -> direct.watch(ALL, watcher));
      Thread.sleep(Duration.ofSeconds(12));

      service = StandInService.startAgain(serverFiles, port);
      service.watched(answers(change(1, "a")));
      var began = System.nanoTime();
      watch.join();

      // Its longest pause; the channel's own would be longer by now.
      var took = Duration.ofNanos(System.nanoTime() - began);
      assertTrue(took.compareTo(Duration.ofSeconds(6)) < 0, took::toString);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "INVALID_ARGUMENT",
        "INTERNAL",
        "CANCELLED"
      })
  void endsWithAnAnswerThatStaysTheSame(Code code) {
    service.watched(
        answers(change(1, "a")).andThen(StandInService.failure(code, "no", "SOME_REASON")));
    var watcher = new Watcher(9);

    var end = assertThrows(StatusRuntimeException.class, () -> client.watch(ALL, watcher));

    assertEquals(code.getNumber(), end.getStatus().getCode().value());
    assertEquals(List.of("1 a"), watcher.told());
    assertEquals(1, service.watches().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TOKEN_REFUSED", "CERTIFICATE_REFUSED"})
  void resumesWithNewCredentialsWhenItsOwnHaveEnded(String reason) {
    service.watched(answers(change(1, "a")).andThen(refused(reason)), answers(change(2, "b")));
    var watcher = new Watcher(2);

    client.watch(ALL, watcher);

    assertEquals(List.of("1 a", "2 b"), watcher.told());
    assertEquals(List.of(ALL, after(1)), service.watches());
  }

  @Test
  void endsWhenTheNewCredentialsAreRefusedToo() {
    service.watched(
        answers(change(1, "a")).andThen(refused("TOKEN_REFUSED")),
        answers().andThen(refused("TOKEN_REFUSED")));
    var watcher = new Watcher(9);

    assertThrows(StatusRuntimeException.class, () -> client.watch(ALL, watcher));

    assertEquals(List.of("1 a"), watcher.told());
    assertEquals(2, service.watches().size());
  }

  @Test
  void endsWhenItsCredentialsAreRefusedAtOnce() {
    service.watched(answers().andThen(refused("TOKEN_REFUSED")));

    assertThrows(StatusRuntimeException.class, () -> client.watch(ALL, new Watcher(9)));

    assertEquals(1, service.watches().size());
  }

  private static StatusRuntimeException refused(String reason) {
    return StandInService.failure(Code.UNAUTHENTICATED, "it has expired", reason);
  }

  @Test
  void endsWithTheDeadlineOfItsCaller() throws Exception {
    var scheduler = Executors.newSingleThreadScheduledExecutor();
    try (scheduler;
        var limited = Context.current().withDeadlineAfter(300, TimeUnit.MILLISECONDS, scheduler)) {
      var end =
          assertThrows(
              StatusRuntimeException.class,
              () -> limited.run(() -> client.watch(ALL, new Watcher(1))));

      assertEquals(Status.Code.DEADLINE_EXCEEDED, end.getStatus().getCode());
    }
  }

  @Test
  void endsWhenItsCallerIsCancelled() throws Exception {
    try (var caller = Context.current().withCancellation()) {
      var watch = Running.start(() -> caller.run(() -> client.watch(ALL, new Watcher(1))));
      await(() -> service.watches().size() == 1);

      caller.cancel(null);

      var end = assertThrows(StatusRuntimeException.class, watch::join);
      assertEquals(Status.Code.CANCELLED, end.getStatus().getCode());
    }
  }

  @Test
  void endsWhenItsThreadIsInterruptedAsItWaits() throws Exception {
    var watch = Running.start(() -> client.watch(ALL, new Watcher(1)));
    await(() -> service.watches().size() == 1);

    watch.interrupt();

    assertTrue(watch.wasInterrupted());
  }

  @Test
  void endsWhenItsThreadIsInterruptedInAPause() throws Exception {
    service.close();
    var watcher = new Watcher(1);
    var watch = Running.start(() -> client.watch(ALL, watcher));
    await(() -> watcher.told().contains("interrupted"));
    Thread.sleep(Duration.ofSeconds(1));

    var began = System.nanoTime();
    watch.interrupt();

    assertTrue(watch.wasInterrupted());
    assertTrue(System.nanoTime() - began < Duration.ofMillis(300).toNanos());
  }

  @Test
  void endsWithItsClient() throws Exception {
    var watch = Running.start(() -> client.watch(ALL, new Watcher(1)));
    await(() -> service.watches().size() == 1);

    client.close();
    watch.join();

    assertFalse(watch.wasInterrupted());
  }

  @Test
  void endsWithTheFailureOfItsWatcher() {
    service.watched(answers(change(1, "a")));
    var failure = Status.UNAVAILABLE.asRuntimeException();

    var end =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                client.watch(
                    ALL,
                    _ -> {
                      throw failure;
                    }));

    assertSame(failure, end);
    assertEquals(1, service.watches().size());
  }

  @Test
  void aSlowWatcherHoldsTheServiceBack() throws Exception {
    var offered = 4_000;
    var sent = new AtomicInteger();
    service.watched(call -> call.setOnReadyHandler(() -> sendWhileReady(call, sent, offered)));
    var goOn = new CountDownLatch(1);
    var taken = new AtomicInteger();
    var watch =
        Running.start(() ->
            client.watch(
                ALL,
                answer -> {
                  if (taken.incrementAndGet() == 1) {
                    awaitUninterruptibly(goOn);
                  }
                  return answer.getRevision() < offered;
                }));
    await(() -> taken.get() == 1);

    var held = settled(sent);
    goOn.countDown();
    watch.join();

    // About 10 KB each: the window of the connection and some buffers.
    System.out.printf("proof: a watcher that stands still lets %d of %d come%n", held, offered);
    assertTrue(held < 400, () -> "sent to a watcher that reads nothing: " + held);
    assertEquals(offered, taken.get());
  }

  @Test
  @EnabledIfSystemProperty(named = "proof.full", matches = "true")
  void resumesOverAConnectionThatFellSilent() throws Exception {
    service.watched(answers(change(1, "a")), answers(change(2, "b")));
    var watcher = new Watcher(2);
    var watch = Running.start(() -> client.watch(ALL, watcher));
    await(() -> watcher.told().size() == 1);

    var began = System.nanoTime();
    relay.silence();
    watch.join();

    System.out.printf(
        "proof: a connection that fell silent is given up after %d s%n",
        Duration.ofNanos(System.nanoTime() - began).toSeconds());
    assertEquals(List.of(ALL, after(1)), service.watches());
  }

  private static void sendWhileReady(
      ServerCallStreamObserver<WatchCryptoKeysResponse> call, AtomicInteger sent, int offered) {
    while (call.isReady() && sent.get() < offered) {
      call.onNext(change(sent.incrementAndGet(), "k".repeat(10_000)));
    }
  }

  /// The value of a counter that has stood still for half a second.
  private static int settled(AtomicInteger counter) throws InterruptedException {
    int before;
    do {
      before = counter.get();
      Thread.sleep(500);
    } while (counter.get() != before);
    return before;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Long> millisBetween(Queue<Long> nanos) {
    var times = List.copyOf(nanos);
    return IntStream.range(1, times.size())
        .mapToObj(i -> Duration.ofNanos(times.get(i) - times.get(i - 1)).toMillis())
        .toList();
  }

  private static Answers answers(WatchCryptoKeysResponse... answers) {
    return new Answers(List.of(answers));
  }

  /// Sends these and leaves the call open.
  private record Answers(List<WatchCryptoKeysResponse> answers) implements StandInService.Watched {
    @Override
    public void by(ServerCallStreamObserver<WatchCryptoKeysResponse> call) {
      answers.forEach(call::onNext);
    }

    StandInService.Watched andThen(StatusRuntimeException end) {
      return call -> {
        by(call);
        call.onError(end);
      };
    }
  }

  private static StatusRuntimeException ending() {
    return StandInService.failure(Code.UNAVAILABLE, "the service is ending", "SHUTTING_DOWN");
  }

  private static WatchCryptoKeysRequest after(long revision) {
    return WatchCryptoKeysRequest.newBuilder().setAfterRevision(revision).build();
  }

  private static WatchCryptoKeysResponse snapshot(String name) {
    return WatchCryptoKeysResponse.newBuilder()
        .setCryptoKey(CryptoKey.newBuilder().setName(name))
        .build();
  }

  private static WatchCryptoKeysResponse change(long revision, String name) {
    return snapshot(name).toBuilder().setRevision(revision).build();
  }

  private static WatchCryptoKeysResponse progress(long revision) {
    return WatchCryptoKeysResponse.newBuilder()
        .setProgress(WatchCryptoKeysResponse.Progress.getDefaultInstance())
        .setRevision(revision)
        .build();
  }

  /// Writes down what it is told, and has enough after a number of answers.
  private static class Watcher implements KeyWatcher {
    private final int enough;
    private final List<String> told = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final List<StatusRuntimeException> causes = new ArrayList<>();
    private final Consumer<WatchCryptoKeysResponse> then;
    private int answers;

    Watcher(int enough) {
      this(enough, _ -> {});
    }

    Watcher(int enough, Consumer<WatchCryptoKeysResponse> then) {
      this.enough = enough;
      this.then = then;
    }

    @Override
    public boolean take(WatchCryptoKeysResponse answer) {
      var revision = answer.hasRevision() ? String.valueOf(answer.getRevision()) : "-";
      var name = answer.hasProgress() ? "progress" : answer.getCryptoKey().getName();
      tell(revision + " " + name);
      then.accept(answer);
      answers++;
      return answers < enough;
    }

    @Override
    public void interrupted(StatusRuntimeException cause) {
      causes.add(cause);
      tell("interrupted");
    }

    @Override
    public void resumed() {
      tell("resumed");
    }

    private synchronized void tell(String what) {
      told.add(what);
      threads.add(Thread.currentThread());
    }

    synchronized List<String> told() {
      return List.copyOf(told);
    }

    synchronized List<Thread> threads() {
      return threads.stream().distinct().toList();
    }
  }

  /// A watch on a thread of its own.
  private record Running(Thread thread, CompletableFuture<Boolean> interrupted) {
    static Running start(Runnable watch) {
      var interrupted = new CompletableFuture<Boolean>();
      var thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  watch.run();
                  interrupted.complete(Thread.interrupted());
                } catch (RuntimeException e) {
                  interrupted.completeExceptionally(e);
                }
              });
      return new Running(thread, interrupted);
    }

    void interrupt() {
      thread.interrupt();
      join();
    }

    void join() {
      var _ = wasInterrupted();
    }

    /// Waits for the end; fails with what the watch failed with.
    boolean wasInterrupted() {
      try {
        return interrupted.orTimeout(60, TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException cause ? cause : e;
      }
    }
  }
}
