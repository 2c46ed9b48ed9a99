package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.util.Timestamps;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Killable;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Program;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import dev.keyservice.v1.WatchCryptoKeysResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Watches of the packaged service.
class WatchIT {
  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final int CHANGES = FULL ? 100_000 : 1_000;
  private static final int WRITERS = 8;
  private static final int KILLED = FULL ? 200 : 20;

  private static Installation installation;
  private static ServiceProcess service;

  private Channels channels;
  private Calls all;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
  }

  @AfterAll
  static void stop() {
    service.close();
    installation.close();
  }

  @BeforeEach
  void connect() {
    channels = new Channels(installation, service.port());
    all = new Calls(channels.of("all"));
  }

  /// And with it every watch.
  @AfterEach
  void disconnect() {
    channels.close();
  }

  private static WatchCryptoKeysRequest.Builder ring(String ring) {
    return WatchCryptoKeysRequest.newBuilder().setParent("keyRings/" + ring);
  }

  @Test
  void aSnapshotIsFollowedByEachChangeWithItsRevision() {
    var first = all.createKey("followed", "first");
    var watch = all.watch(ring("followed").build());

    assertEquals(first, watch.next().getCryptoKey());
    var complete = watch.next();
    assertTrue(complete.hasProgress() && complete.hasRevision());
    var second = all.createKey("followed", "second");

    var change = watch.next();
    assertEquals(second, change.getCryptoKey());
    assertEquals(complete.getRevision() + 1, change.getRevision());
    assertTrue(Timestamps.compare(second.getCreateTime(), change.getChangeTime()) <= 0);
  }

  @Test
  void aWatchResumesWhereAnotherEnded() {
    var watch = all.watch(ring("resumed").build());
    var revision = watch.next().getRevision();
    var first = all.createKey("resumed", "first");
    var second = all.createKey("resumed", "second");

    var resumed = all.watch(ring("resumed").setAfterRevision(revision).build());

    assertEquals(first, resumed.next().getCryptoKey());
    assertEquals(second, resumed.next().getCryptoKey());
  }

  @Test
  void aWatcherSeesOnlyWhatItMayView() {
    var watch = new Calls(channels.of("app")).watch(WatchCryptoKeysRequest.getDefaultInstance());
    Iterator<WatchCryptoKeysResponse> events = watch;
    while (!events.next().hasProgress()) {
      // the snapshot
    }

    var _ = all.createKey("hidden", "key");
    var seen = all.createKey("app", "watched");

    assertEquals(seen, events.next().getCryptoKey());
  }

  @Test
  void whoMayViewNothingMayNotWatch() {
    var unbound = new Calls(channels.of("unbound"));

    var refusal =
        Refusal.of(() -> unbound.watch(WatchCryptoKeysRequest.getDefaultInstance()).next());

    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
  }

  @Test
  void aRevisionThatIsNotThereIsRefusedWithTheReason() {
    var refusal =
        Refusal.of(() -> all.watch(ring("any").setAfterRevision(1_000_000_000).build()).next());
    var negative = Refusal.of(() -> all.watch(ring("any").setAfterRevision(-1).build()).next());

    assertEquals(Status.Code.OUT_OF_RANGE, refusal.code());
    assertEquals("REVISION_NOT_FOUND", refusal.reason());
    assertTrue(refusal.metadata().containsKey("newestRevision"));
    assertEquals(Status.Code.INVALID_ARGUMENT, negative.code());
    assertEquals(List.of("after_revision"), negative.fields());
  }

  @Test
  void aMalformedRingIsRefusedByItsField() {
    var refusal =
        Refusal.of(
            () -> all.watch(WatchCryptoKeysRequest.newBuilder().setParent("x").build()).next());

    assertEquals(List.of("parent"), refusal.fields());
  }

  @Test
  void clientsThatAreKilledLeaveNoCallBehind() throws Exception {
    await(5, () -> running() == 0);
    var process = Killable.start(installation, service.port(), KILLED);
    try {
      await(60, () -> running() == KILLED);
    } finally {
      process.destroyForcibly().waitFor();
    }
    var begin = System.nanoTime();

    await(5, () -> running() == 0);

    System.out.printf(
        "proof: %d clients in a call killed: %.0f live calls after %d ms%n",
        KILLED, running(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
  }

  @Test
  void aWatcherThatStopsReadingCostsNothingAndGetsEveryChangeLater() throws Exception {
    var watcher = new Watcher(channels.another("all"), ring("stopped").build());
    var begin = watcher.take().getRevision();
    var heapBefore = heap();
    var nanos = System.nanoTime();

    createMany();

    var seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanos);
    var heapAfter = heap();
    watcher.call.request(CHANGES);
    var revisions = new ArrayList<Long>();
    for (var i = 0; i < CHANGES; i++) {
      revisions.add(watcher.take().getRevision());
    }
    System.out.printf(
        "proof: %d changes in %d s beside a watcher that does not read: heap %d MiB before, %d MiB"
            + " after; then all arrived in order%n",
        CHANGES, seconds, heapBefore, heapAfter);
    assertEquals(LongStream.rangeClosed(begin + 1, begin + CHANGES).boxed().toList(), revisions);
    assertTrue(heapAfter - heapBefore < 64, heapBefore + " MiB, then " + heapAfter);
    watcher.call.cancel("enough", null);
  }

  private void createMany() throws Exception {
    try (var writers = Executors.newFixedThreadPool(WRITERS)) {
      var ends = new ArrayList<java.util.concurrent.Future<?>>();
      for (var writer = 0; writer < WRITERS; writer++) {
        var prefix = "k" + writer + "-";
        ends.add(
            writers.submit(() -> {
              for (var i = 0; i < CHANGES / WRITERS; i++) {
                var _ = all.createKey("stopped", prefix + i);
              }
            }));
      }
      for (var end : ends) {
        var _ = end.get();
      }
    }
  }

  /// What is in use after a collection, in MiB; natively, as it is.
  private static long heap() throws IOException, InterruptedException {
    if (!Program.isNative()) {
      var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      var _ = new ProcessBuilder(jcmd, Long.toString(service.pid()), "GC.run").start().waitFor();
    }
    var used =
        Management.of(service)
            .metrics()
            .lines()
            .filter(line -> line.startsWith("jvm_memory_used_bytes{") && line.contains("\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    return Math.round(used) >> 20;
  }

  private static double running() {
    return Management.of(service).metric("keyservice_calls_running").orElseThrow();
  }

  private static void await(int seconds, BooleanSupplier condition) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertTrue(condition.getAsBoolean());
  }

  /// Reads one answer, and then as many as it is told to.
  private static final class Watcher extends ClientCall.Listener<WatchCryptoKeysResponse> {
    private final ClientCall<WatchCryptoKeysRequest, WatchCryptoKeysResponse> call;
    private final BlockingQueue<WatchCryptoKeysResponse> taken = new LinkedBlockingQueue<>();

    Watcher(Channel channel, WatchCryptoKeysRequest request) {
      call = channel.newCall(KeyServiceGrpc.getWatchCryptoKeysMethod(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.sendMessage(request);
      call.halfClose();
      call.request(1);
    }

    @Override
    public void onMessage(WatchCryptoKeysResponse answer) {
      taken.add(answer);
    }

    WatchCryptoKeysResponse take() throws InterruptedException {
      var answer = taken.poll(30, TimeUnit.SECONDS);
      assertTrue(answer != null, "no answer in 30 s");
      return answer;
    }
  }
}
