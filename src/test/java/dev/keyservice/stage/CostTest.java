package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.common.util.concurrent.MoreExecutors;
import com.sun.management.OperatingSystemMXBean;
import dev.keyservice.access.AuthorizationInterceptor;
import dev.keyservice.identity.AuthenticationInterceptor;
import dev.keyservice.identity.Authenticator;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.TestIssuer;
import dev.keyservice.token.Tokens;
import dev.keyservice.transport.NettyServerProvider;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.EncryptResponse;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// What it costs to find out who calls and whether they may: the same method on the same kind of
/// port, with the two stages and without, in turns. Figures are printed only by `-Pproof`.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
@TestProfile(CostTest.Alone.class)
class CostTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int ROUNDS = PROOF ? 15 : 1;
  private static final int CALLS = PROOF ? 20_000 : 100;
  private static final int IN_FLIGHT = 32;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final EncryptRequest REQUEST =
      EncryptRequest.newBuilder().setName("keyRings/app/cryptoKeys/cost").build();

  @Inject Vertx vertx;
  @Inject Tokens tokens;
  @Inject Authenticator authenticator;
  @Inject @GlobalInterceptor AuthenticationInterceptor authentication;
  @Inject @GlobalInterceptor AuthorizationInterceptor authorization;

  /// An application for this class alone: its further ports would confuse others.
  public static final class Alone implements QuarkusTestProfile {}

  /// Answers at once.
  private static final class Nothing implements CryptoServiceGrpc.AsyncService {
    @Override
    public void encrypt(EncryptRequest request, StreamObserver<EncryptResponse> observer) {
      observer.onNext(EncryptResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  /// Keeps what the stages are given.
  private static final class Seen implements ServerInterceptor {
    private final AtomicReference<Attributes> connection = new AtomicReference<>();

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      connection.set(call.getAttributes());
      return next.startCall(call, headers);
    }
  }

  @Test
  void authenticationAndAuthorizationCostLittleOfACall() throws Exception {
    var installation = RunningInstallation.get();
    var issuer = new TestIssuer("https://idp.example");
    issuer.writeJwks(installation.file("cost-jwks.json"));
    tokens.accept(
        Files.writeString(
            installation.file("cost-issuers.yaml"),
            """
            issuers:
              - issuer: https://idp.example
                jwks: cost-jwks.json
                algorithms: [ES256]
                audience: [keyservice]
                type: [at+jwt]
            """));
    Files.writeString(
        installation.file("policy.yaml"),
        Files.readString(installation.file("policy.yaml"))
            + """
              - name: cost
                callers: [{issuer: "https://idp.example", subject: alice}]
                roles: [encrypter]
                keys: ["app/*"]
            """);
    var seen = new Seen();
    var without = open();
    var with = open(authorization, authentication, seen);
    try (var toWithout = new Channels(installation, without.getPort());
        var toWith = new Channels(installation, with.getPort())) {
      var token = issuer.token("alice");
      var variants = new LinkedHashMap<String, List<Channel>>();
      variants.put("certificate, without", four(toWithout, ""));
      variants.put("certificate, with", four(toWith, ""));
      variants.put("token, without", four(toWithout, token));
      variants.put("token, with", four(toWith, token));
      awaitPolicy(variants.get("token, with").getFirst());

      for (var warm : variants.values()) {
        var _ = run(warm, CALLS);
      }
      var costs = new LinkedHashMap<String, List<Double>>();
      for (var round = 0; round < ROUNDS; round++) {
        variants.forEach((name, channels) ->
            costs.computeIfAbsent(name, _ -> new ArrayList<>()).add(run(channels, CALLS)));
      }

      report(costs);
      var connection = seen.connection.get();
      reportAuthenticate("certificate", connection, new Metadata());
      reportAuthenticate("known token", connection, header(token));
      reportNewTokens(issuer, connection);
    } finally {
      without.shutdownNow();
      with.shutdownNow();
    }
  }

  private Server open(ServerInterceptor... lastRunsFirst) throws Exception {
    var service = CryptoServiceGrpc.bindService(new Nothing());
    ServerBuilder<?> builder =
        new NettyServerProvider().createServerBuilder(vertx, null, LaunchMode.NORMAL);
    return builder.addService(ServerInterceptors.intercept(service, lastRunsFirst)).build().start();
  }

  private static List<Channel> four(Channels channels, String token) {
    var four = new ArrayList<Channel>();
    for (var i = 0; i < 4; i++) {
      var channel = channels.another("app");
      four.add(
          token.isEmpty()
              ? channel
              : ClientInterceptors.intercept(
                  channel, MetadataUtils.newAttachHeadersInterceptor(header(token))));
    }
    return four;
  }

  private static Metadata header(String token) {
    var headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return headers;
  }

  private static void awaitPolicy(Channel channel) throws InterruptedException {
    for (var i = 0; i < 500; i++) {
      try {
        var _ = CryptoServiceGrpc.newBlockingStub(channel).encrypt(REQUEST);
        return;
      } catch (io.grpc.StatusRuntimeException notYet) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    throw new AssertionError("the policy is not in force");
  }

  /// @return CPU of this process, client and service, for one call in µs
  private static double run(List<Channel> channels, int calls) {
    var cpu = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    var stubs = channels.stream().map(CryptoServiceGrpc::newFutureStub).toList();
    var free = new Semaphore(IN_FLIGHT);
    var failed = new AtomicInteger();
    var begin = cpu.getProcessCpuTime();
    for (var i = 0; i < calls; i++) {
      free.acquireUninterruptibly();
      var answer = stubs.get(i % stubs.size()).encrypt(REQUEST);
      answer.addListener(
          () -> {
            if (answer.state() != java.util.concurrent.Future.State.SUCCESS) {
              failed.incrementAndGet();
            }
            free.release();
          },
          MoreExecutors.directExecutor());
    }
    free.acquireUninterruptibly(IN_FLIGHT);
    var used = cpu.getProcessCpuTime() - begin;
    assertEquals(0, failed.get());
    return used / 1e3 / calls;
  }

  private static void report(Map<String, List<Double>> costs) {
    if (!PROOF) {
      return;
    }
    for (var proof : List.of("certificate", "token")) {
      var without = median(costs.get(proof + ", without"));
      var with = median(costs.get(proof + ", with"));
      System.out.printf(
          "cost, %s: a call of %.1f µs CPU (client and service), %.1f with authentication and"
              + " authorization: %+.2f µs, × %.3f; medians of %d rounds in turns, %d calls each%n",
          proof, without, with, with - without, with / without, ROUNDS, CALLS);
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private void reportAuthenticate(String proof, Attributes connection, Metadata headers) {
    var times = PROOF ? 2_000_000 : 100;
    var best = Double.MAX_VALUE;
    for (var round = 0; round < 10; round++) {
      var begin = System.nanoTime();
      for (var i = 0; i < times; i++) {
        assertNotNull(authenticator.authenticate(connection, headers));
      }
      best = Math.min(best, (double) (System.nanoTime() - begin) / times);
    }
    if (PROOF) {
      System.out.printf("cost, authentication alone, %s: %.0f ns%n", proof, best);
    }
  }

  private void reportNewTokens(TestIssuer issuer, Attributes connection) {
    var headers = new ArrayList<Metadata>();
    for (var i = 0; i < (PROOF ? 4_000 : 2); i++) {
      headers.add(header(issuer.token("subject-" + i)));
    }
    var half = headers.size() / 2;
    for (var warm : headers.subList(0, half)) {
      assertNotNull(authenticator.authenticate(connection, warm));
    }
    var begin = System.nanoTime();
    for (var one : headers.subList(half, headers.size())) {
      assertNotNull(authenticator.authenticate(connection, one));
    }
    var micros = (System.nanoTime() - begin) / 1e3 / half;
    if (PROOF) {
      System.out.printf("cost, authentication alone, new token of ES256: %.0f µs%n", micros);
    }
  }
}
