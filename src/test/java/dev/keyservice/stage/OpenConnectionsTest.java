package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.stage.RunningStream.End;
import dev.keyservice.stage.RunningStream.Kind;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.Connections;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerTls;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A certificate that is not believed any more, while its connections are open and calls run on
/// them.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class OpenConnectionsTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int TRIES = PROOF ? 20 : 1;
  private static final int CALLS = 1_000;

  /// One second is promised; a machine that does other things as well may take another.
  private static final Duration LATEST = Duration.ofSeconds(2);

  private static final TestCa OTHER_CA = new TestCa("other CA");

  @Inject RunningServer server;
  @Inject ServerTls tls;
  @Inject Connections connections;

  private final Installation installation = RunningInstallation.get();
  private Believing believing;
  private X509Certificate victim;
  private Channels channels;

  @BeforeEach
  void connect() throws InterruptedException {
    await("connections of earlier tests", () -> connections.count() == 0);
    believing = new Believing(installation, tls, connections);
    channels = new Channels(installation, server.port());
  }

  @AfterEach
  void disconnect() {
    believing.close();
    channels.close();
  }

  /// Why a certificate is not believed any more.
  enum Cause {
    REVOKED("the client certificate has been revoked"),
    EXPIRED("the client certificate has expired"),
    AUTHORITY_GONE("the client certificate's authority is not trusted any more");

    private final String message;

    Cause(String message) {
      this.message = message;
    }
  }

  @ParameterizedTest
  @EnumSource
  void callsEndWithinASecondAndOthersGoOn(Cause cause) throws Exception {
    var other = RunningStream.begin(Kind.SERVER_STREAM, channels.of("app"));
    var slowest = new TreeMap<String, Long>();
    for (var i = 0; i < TRIES; i++) {
      await("only the other", () -> connections.count() == 1 && connections.streams() == 1);
      tryOnce(cause).forEach((kind, millis) -> slowest.merge(kind, millis, Math::max));
      var _ = call(channels.of("app"));
    }
    assertTrue(other.isRunning());
    var answers = other.answers();
    await("more answers to the other", () -> other.answers() > answers);
    System.out.printf(
        "proof: %s: slowest of %d refusals on open connections in ms: %s%n", cause, TRIES, slowest);
  }

  private Map<String, Long> tryOnce(Cause cause) throws Exception {
    // The streams have to run by then.
    var end = Instant.now().plus(Duration.ofSeconds(4)).truncatedTo(ChronoUnit.SECONDS);
    switch (cause) {
      case REVOKED -> makeVictim(installation.ca().client("victim"));
      case EXPIRED -> makeVictim(installation.ca().clientUntil("victim", end));
      case AUTHORITY_GONE -> {
        makeVictim(OTHER_CA.client("victim"));
        believing.put(believing.in(installation.ca(), OTHER_CA));
      }
    }
    var calling = channels.another("victim");
    var streaming = channels.another("victim");
    var streams = new EnumMap<Kind, RunningStream>(Kind.class);
    for (var kind : Kind.values()) {
      streams.put(kind, RunningStream.begin(kind, streaming));
    }
    var _ = call(calling);
    await("the streams to run", () -> connections.streams() == 1 + streams.size());
    var material =
        switch (cause) {
          case REVOKED -> believing.without(victim);
          case EXPIRED -> tls.current().orElseThrow();
          case AUTHORITY_GONE -> believing.in(installation.ca());
        };

    var begin =
        cause == Cause.EXPIRED
            ? System.nanoTime() + Duration.between(Instant.now(), end).toNanos()
            : System.nanoTime();
    believing.put(material);

    var millis = new TreeMap<String, Long>();
    millis.put("UNARY", refused(cause, begin, refusal(calling)));
    for (var kind : Kind.values()) {
      millis.put(kind.name(), refused(cause, begin, streams.get(kind).end()));
    }
    await("both connections to be closed", () -> connections.count() == 1);
    assertEquals(1, connections.streams(), "that of the other");
    await("the client to notice", () -> isClosed(calling) && isClosed(streaming));
    return millis;
  }

  private void makeVictim(MintedCertificate certificate) throws IOException {
    installation.save("victim", certificate);
    victim = certificate.certificate();
  }

  /// Calls until it is refused.
  private static End refusal(ManagedChannel channel) throws InterruptedException {
    while (true) {
      try {
        var _ = call(channel);
      } catch (StatusRuntimeException e) {
        return End.of(e);
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static long refused(Cause cause, long begin, End end) {
    assertEquals(Status.Code.UNAUTHENTICATED, end.status().getCode(), end.toString());
    assertEquals("CERTIFICATE_REFUSED", end.reason().orElseThrow());
    assertEquals(cause.message, end.status().getDescription());
    var taken = Duration.ofNanos(end.nanos() - begin);
    assertTrue(taken.compareTo(LATEST) <= 0, taken.toString());
    return taken.toMillis();
  }

  @Test
  void aRefusedConnectionTellsEveryCallWhyUntilItIsClosed() throws Exception {
    makeVictim(installation.ca().client("victim"));
    var channel = channels.another("victim");
    var _ = call(channel);

    believing.put(believing.without(victim));

    var told = Stream.of(Kind.values()).map(kind -> RunningStream.begin(kind, channel)).toList();
    for (var stream : told) {
      var end = stream.end();
      assertEquals(Status.Code.UNAUTHENTICATED, end.status().getCode(), end.toString());
    }
    await("the connection to be closed", () -> connections.count() == 0);
    var refused = assertThrows(StatusRuntimeException.class, () -> call(channel));
    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode(), "by the handshake");
  }

  /// Its headers came while the certificate was believed, its request did not.
  @ParameterizedTest
  @ValueSource(strings = {"Unary", "ServerStream"})
  void aCallThatHoldsItsRequestBackIsRefused(String name) throws Exception {
    var method =
        name.equals("Unary")
            ? ProbeServiceGrpc.getUnaryMethod()
            : ProbeServiceGrpc.getServerStreamMethod();
    makeVictim(installation.ca().client("victim"));
    var channel = channels.another("victim");
    var held = new CompletableFuture<StatusRuntimeException>();
    var call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            held.complete(status.asRuntimeException(trailers));
          }
        },
        new Metadata());
    // Goes by the same connection, so that those headers have arrived before it is answered.
    var _ = call(channel);

    believing.put(believing.without(victim));
    call.request(1);
    call.sendMessage(ProbeRequest.getDefaultInstance());
    call.halfClose();

    var end = End.of(held.get(10, TimeUnit.SECONDS));
    assertEquals(Status.Code.UNAUTHENTICATED, end.status().getCode(), end.toString());
    assertEquals("CERTIFICATE_REFUSED", end.reason().orElseThrow());
  }

  @Test
  void aClientWithANewCertificateConnectsAnew() throws Exception {
    makeVictim(installation.ca().client("victim"));
    var before = channels.another("victim");
    var _ = call(before);

    var without = believing.without(victim);
    makeVictim(installation.ca().client("victim"));
    believing.put(without);

    var refused = assertThrows(StatusRuntimeException.class, () -> call(before));
    assertEquals(Status.Code.UNAUTHENTICATED, refused.getStatus().getCode());
    assertEquals("cn:victim", call(channels.another("victim")));
  }

  @Test
  void callsLeaveNothingBehind() throws InterruptedException {
    var kinds = StagesTest.Kind.values();
    for (var i = 0; i < CALLS; i++) {
      var _ = kinds[i % kinds.length].call(channels.of("app"));
    }
    var cancelled = channels.another("app");
    var lasting = List.of(Kind.values());
    var streams =
        IntStream.range(0, CALLS / 10)
            .mapToObj(i -> RunningStream.begin(lasting.get(i % lasting.size()), cancelled))
            .toList();
    await("the streams to run", () -> connections.streams() == streams.size());
    cancelled.shutdownNow();

    await("no calls", () -> connections.streams() == 0);
    await("the other connection alone", () -> connections.count() == 1);
    channels.close();
    await("no connections", () -> connections.count() == 0);
    System.out.printf(
        "proof: %d calls and %d broken off left 0 calls and 0 connections%n",
        CALLS, streams.size());
  }

  private static String call(ManagedChannel channel) {
    return ProbeServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .unary(ProbeRequest.getDefaultInstance())
        .getCallerId();
  }

  private static boolean isClosed(ManagedChannel channel) {
    return channel.getState(false) != ConnectivityState.READY;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "still waiting for " + what);
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
