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
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whatever the server with the keys of an issuer does, callers whose proof is known are answered
/// as ever.
@Timeout(300)
class KeySourceIT {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int CALLS = PROOF ? 4_000 : 100;
  private static final int ROUNDS = PROOF ? 5 : 1;
  private static final List<String> TROUBLES =
      PROOF
          ? List.of("silent", "trickling", "broken", "rotated", "flooded", "busy")
          : List.of("silent", "flooded");

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
    callers.forEach((name, channel) -> add(new LinkedHashMap<>(), name, channel)); // warm
    for (var trouble : TROUBLES) {
      measure(trouble, callers, issuer);
    }
    host.serve(issuer.jwks());
    await(() -> keys() == 1);
    assertEquals("token:https://idp.example#alice", new Calls(token).whoAmI().getCallerId());
  }

  private static void measure(String trouble, Map<String, Channel> callers, TestIssuer issuer)
      throws Exception {
    var calm = new LinkedHashMap<String, List<Long>>();
    var troubled = new LinkedHashMap<String, List<Long>>();
    for (var round = 0; round < ROUNDS; round++) {
      host.serve(issuer.jwks());
      TimeUnit.MILLISECONDS.sleep(1_500);
      callers.forEach((name, channel) -> add(calm, name, channel));
      try (var _ = new Trouble(trouble, issuer)) {
        TimeUnit.MILLISECONDS.sleep(1_500);
        callers.forEach((name, channel) -> add(troubled, name, channel));
      }
    }
    callers.keySet().forEach(name -> report(trouble, name, calm.get(name), troubled.get(name)));
  }

  private static void add(Map<String, List<Long>> to, String name, Channel channel) {
    to.computeIfAbsent(name, _ -> new ArrayList<>()).addAll(latencies(channel, CALLS));
  }

  private static List<Long> latencies(Channel channel, int calls) {
    var times = new ArrayList<Long>();
    var caller = new Calls(channel);
    for (var i = 0; i < calls; i++) {
      var begin = System.nanoTime();
      var _ = caller.whoAmI(); // throws when it is not answered
      times.add(System.nanoTime() - begin);
    }
    return times;
  }

  private static void report(String trouble, String name, List<Long> calm, List<Long> troubled) {
    System.out.printf(
        "keys %-9s %-11s p50 %.3f -> %.3f ms, p99 %.3f -> %.3f ms (× %.2f)%n",
        trouble,
        name,
        percentile(calm, 50),
        percentile(troubled, 50),
        percentile(calm, 99),
        percentile(troubled, 99),
        percentile(troubled, 99) / percentile(calm, 99));
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

  /// One kind of trouble with the keys, for a while.
  private static final class Trouble implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();
    private final ManagedChannel another = channels.another("all");
    private final Thread flood;

    Trouble(String kind, TestIssuer issuer) {
      Runnable flooding = () -> {};
      switch (kind) {
        case "silent" -> host.behave(new Behaviour.Silence());
        case "trickling" -> host.behave(new Behaviour.Trickle());
        case "broken" -> host.behave(new Behaviour.Answer(200, "<html>"));
        case "rotated" -> flooding = () -> rotate(issuer);
        case "flooded" -> flooding = () -> flood(issuer);
        // What as many calls do that are good: the measure for the flood.
        case "busy" -> flooding = () -> callAgainAndAgain(() -> another);
        default -> throw new IllegalArgumentException(kind);
      }
      flood = Thread.ofPlatform().daemon().start(flooding);
    }

    /// Another key beside the first, again and again.
    private void rotate(TestIssuer issuer) {
      for (var i = 0; !over.get(); i++) {
        var next = TestIssuer.ec("next-" + i);
        var keys =
            new org.jose4j.jwk.JsonWebKeySet(issuer.key(), next)
                .toJson(org.jose4j.jwk.JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
        host.serve(keys);
        sleep(500);
      }
    }

    /// Tokens with keys that nobody has. Not signed anew: this process has other callers.
    private void flood(TestIssuer issuer) {
      var good = issuer.token("mallory");
      var signed = good.substring(good.indexOf('.'));
      callAgainAndAgain(() -> Bearer.on(another, header("kid-" + System.nanoTime()) + signed));
    }

    private static String header(String kid) {
      var json = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"" + kid + "\"}";
      return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
    }

    private void callAgainAndAgain(Supplier<Channel> channel) {
      while (!over.get()) {
        try {
          var _ = new Calls(channel.get()).whoAmI();
        } catch (StatusRuntimeException refused) {
          assertTrue(refused.getMessage().contains("token"), refused.getMessage());
        }
        sleep(2);
      }
    }

    private static void sleep(long millis) {
      try {
        TimeUnit.MILLISECONDS.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      over.set(true);
      try {
        flood.join();
        another.shutdownNow();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
