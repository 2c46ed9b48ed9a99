package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.KeyHost;
import dev.keyservice.testing.KeyHost.Behaviour;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.TestIssuer;
import dev.keyservice.testing.TokenInstallation;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.JsonWebKeySet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whatever the server with the keys of an issuer does, callers whose proof is known are answered
/// as ever.
@Timeout(600)
class KeySourceIT {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int CALLS = PROOF ? 4_000 : 100;
  private static final int ROUNDS = PROOF ? 8 : 1;
  private static final List<String> STATES =
      PROOF
          ? List.of("calm", "silent", "trickling", "broken", "rotated", "flooded", "busy")
          : List.of("calm", "silent", "flooded");

  /// Of the others' calls, in each second.
  private static final int FLOOD = 400;

  private static final TestCa HOST_CA = new TestCa();
  private static KeyHost host;
  private static TokenInstallation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Management management;

  @BeforeAll
  static void start() throws IOException {
    host = new KeyHost(HOST_CA.server(), new Behaviour.Answer(503, ""));
    installation = TokenInstallation.with(host, "refresh: 1s");
    MintedCertificate.writeCertificates(
        installation.files().file("host-ca.pem"), List.of(HOST_CA.certificate()));
    service = installation.start(Map.of());
    channels = new Channels(installation.files(), service.port());
    management = Management.of(service);
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    host.close();
    installation.close();
  }

  @Test
  void noTroubleWithTheKeysIsFeltByCallersThatAreKnown() throws Exception {
    var issuer = installation.issuer();
    // The service began without the keys, and callers with a certificate never noticed.
    assertEquals("cn:app", new Calls(channels.of("app")).whoAmI().getCallerId());
    host.serve(issuer.jwks());
    await(() -> keys() == 1);
    var token = Bearer.on(channels.anonymous(), issuer.token("alice"));
    assertEquals("token:https://idp.example#alice", new Calls(token).whoAmI().getCallerId());

    var callers = new LinkedHashMap<String, Channel>();
    callers.put("certificate", channels.of("app"));
    callers.put("known token", token);
    measure(callers, issuer, new Times()); // warm
    var times = new Times();
    for (var round = 0; round < ROUNDS; round++) {
      measure(callers, issuer, times);
    }
    callers.keySet().forEach(name -> report(name, times));
    host.serve(issuer.jwks());
    await(() -> keys() == 1);
    assertEquals("token:https://idp.example#alice", new Calls(token).whoAmI().getCallerId());
  }

  /// How long calls took, by the state of things and the caller.
  private record Times(Map<List<String>, List<Long>> nanos) {
    Times() {
      this(new HashMap<>());
    }

    List<Long> of(String state, String caller) {
      return nanos.computeIfAbsent(List.of(state, caller), _ -> new ArrayList<>());
    }
  }

  /// One round of all states, so that what changes with time changes for all of them alike.
  private static void measure(Map<String, Channel> callers, TestIssuer issuer, Times times)
      throws Exception {
    for (var state : STATES) {
      host.serve(issuer.jwks());
      try (var trouble = new Trouble(state, issuer)) {
        TimeUnit.MILLISECONDS.sleep(1_500);
        callers.forEach((name, channel) -> times.of(state, name).addAll(latencies(channel)));
        trouble.requireAsExpected();
      }
    }
  }

  private static List<Long> latencies(Channel channel) {
    var times = new ArrayList<Long>();
    var caller = new Calls(channel);
    for (var i = 0; i < CALLS; i++) {
      var begin = System.nanoTime();
      var _ = caller.whoAmI(); // throws when it is not answered
      times.add(System.nanoTime() - begin);
    }
    return times;
  }

  private static void report(String caller, Times times) {
    var calm = times.of("calm", caller);
    for (var state : STATES) {
      var now = times.of(state, caller);
      System.out.printf(
          "keys %-9s %-11s %d calls: p50 %.3f ms, p99 %.3f ms (× %.2f of calm)%n",
          state,
          caller,
          now.size(),
          percentile(now, 50),
          percentile(now, 99),
          percentile(now, 99) / percentile(calm, 99));
    }
  }

  private static double percentile(List<Long> nanos, int percent) {
    var sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    var at = Math.min(sorted.length - 1, sorted.length * percent / 100);
    return Arrays.stream(sorted, at, at + 1).sum() / 1e6;
  }

  private static double keys() {
    return management
        .metric("keyservice_issuer_keys", "issuer=\"" + TokenInstallation.ISSUER + "\"")
        .orElseThrow();
  }

  /// One state of things, for a while.
  private static final class Trouble implements AutoCloseable {
    private final TestIssuer issuer;
    private final boolean others;
    private final Set<Code> expected;
    private final String signedPart;
    private final ManagedChannel another = channels.another("all");
    private final Queue<Status> unexpected = new ConcurrentLinkedQueue<>();
    private final LongAdder answers = new LongAdder();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private int next;

    Trouble(String kind, TestIssuer issuer) {
      this.issuer = issuer;
      // Not signed anew for every call: this process has other callers.
      var good = issuer.token("mallory");
      this.signedPart = good.substring(good.indexOf('.'));
      this.others = Set.of("flooded", "busy").contains(kind);
      // Of the refused the first are looked at, and then as many as the limit allows.
      this.expected =
          kind.equals("busy")
              ? EnumSet.of(Code.OK)
              : EnumSet.of(Code.UNAUTHENTICATED, Code.RESOURCE_EXHAUSTED);
      switch (kind) {
        case "calm" -> {}
        case "silent" -> host.behave(new Behaviour.Silence());
        case "trickling" -> host.behave(new Behaviour.Trickle());
        case "broken" -> host.behave(new Behaviour.Answer(200, "<html>"));
        case "rotated" -> every(500_000, this::rotate);
        // Tokens with keys that nobody has.
        case "flooded" -> every(1_000_000 / FLOOD, () -> call(unknownKey()));
        // What as many calls do that are good: the measure for the flood.
        case "busy" -> every(1_000_000 / FLOOD, () -> call(another));
        default -> throw new IllegalArgumentException(kind);
      }
    }

    private void every(int micros, Runnable work) {
      var _ = clock.scheduleAtFixedRate(work, 0, micros, TimeUnit.MICROSECONDS);
    }

    /// Another key beside the first.
    private void rotate() {
      var another = TestIssuer.ec("next-" + next++);
      host.serve(new JsonWebKeySet(issuer.key(), another).toJson(OutputControlLevel.PUBLIC_ONLY));
    }

    private Channel unknownKey() {
      var json = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"kid-" + next++ + "\"}";
      var header = Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
      return Bearer.on(another, header + signedPart);
    }

    /// Nobody waits for the answer, and no exception is made of it.
    private void call(Channel channel) {
      var call = channel.newCall(AccessServiceGrpc.getWhoAmIMethod(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              answers.increment();
              if (!expected.contains(status.getCode())) {
                unexpected.add(status);
              }
            }
          },
          new Metadata());
      call.request(1);
      call.sendMessage(WhoAmIRequest.getDefaultInstance());
      call.halfClose();
    }

    void requireAsExpected() {
      assertEquals(List.of(), List.copyOf(unexpected));
      assertTrue(!others || answers.sum() > FLOOD / 4, "only " + answers.sum());
    }

    @Override
    public void close() {
      clock.shutdownNow();
      another.shutdownNow();
      clock.close();
    }
  }
}
