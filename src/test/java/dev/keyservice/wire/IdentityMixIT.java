package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestIssuer;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.WhoAmIRequest;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Calls of many callers in turn over the same connections, with certificates, tokens and both.
class IdentityMixIT {
  private static final int CALLS = Boolean.getBoolean("proof.full") ? 100_000 : 2_000;
  private static final int IN_FLIGHT = 64;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /// Calls in one way, and as whom the service must know them.
  private record Way(Channel channel, String callerId, String certificateId) {}

  @Test
  @Timeout(300)
  void noCallIsTakenForThatOfAnother() throws Exception {
    var issuer = new TestIssuer("https://idp.example");
    try (var installation = Installation.create()) {
      Files.writeString(
          installation.file("issuers.yaml"),
          """
          issuers:
            - issuer: https://idp.example
              jwks: jwks.json
              algorithms: [ES256]
              audience: [keyservice]
              type: [at+jwt]
          """);
      issuer.writeJwks(installation.file("jwks.json"));
      try (var service =
              ServiceProcess.start(
                  installation,
                  Map.of(
                      "KEYSERVICE_TLS_CLIENT_AUTH",
                      "optional",
                      "KEYSERVICE_ISSUERS_FILE",
                      installation.file("issuers.yaml").toString()));
          var channels = new Channels(installation, service.port())) {
        var wrong = run(ways(channels, issuer));

        assertEquals(0, wrong);
        System.out.printf("identities: %d calls, %d taken for another%n", CALLS, wrong);
      }
    }
  }

  private static List<Way> ways(Channels channels, TestIssuer issuer) {
    var ways = new ArrayList<Way>();
    var anonymous = channels.anonymous();
    for (var subject : List.of("alice", "bob", "carol", "cn:app")) {
      var id = "token:https://idp.example#" + subject;
      var token = issuer.token(subject);
      ways.add(new Way(with(anonymous, token), id, ""));
      for (var caller : List.of("app", "all")) {
        ways.add(new Way(with(channels.of(caller), token), id, "cn:" + caller));
      }
    }
    for (var caller : List.of("app", "all", "admin", "unbound")) {
      ways.add(new Way(channels.of(caller), "cn:" + caller, ""));
    }
    ways.add(new Way(channels.of("spiffe"), Installation.SPIFFE_ID, ""));
    return ways;
  }

  private static Channel with(Channel channel, String token) {
    var headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static int run(List<Way> ways) throws InterruptedException {
    var random = new Random(6);
    var inFlight = new Semaphore(IN_FLIGHT);
    var wrong = new AtomicInteger();
    for (var i = 0; i < CALLS; i++) {
      var way = ways.get(random.nextInt(ways.size()));
      inFlight.acquire();
      Futures.addCallback(
          AccessServiceGrpc.newFutureStub(way.channel())
              .withDeadlineAfter(30, TimeUnit.SECONDS)
              .whoAmI(WhoAmIRequest.getDefaultInstance()),
          new FutureCallback<WhoAmIResponse>() {
            @Override
            public void onSuccess(WhoAmIResponse answer) {
              if (!answer.getCallerId().equals(way.callerId())
                  || !answer.getCertificateId().equals(way.certificateId())) {
                wrong.incrementAndGet();
              }
              inFlight.release();
            }

            @Override
            public void onFailure(Throwable failure) {
              wrong.incrementAndGet();
              inFlight.release();
            }
          },
          MoreExecutors.directExecutor());
    }
    inFlight.acquire(IN_FLIGHT);
    return wrong.get();
  }
}
