package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.ErrorInfo;
import dev.keyservice.identity.Vouching;
import dev.keyservice.identity.VouchingInForce;
import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.FixedChain;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.testing.TestCa;
import dev.keyservice.testing.proto.ProbeRequest;
import dev.keyservice.testing.proto.ProbeServiceGrpc;
import dev.keyservice.transport.Connections;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerTls;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which authority may vouch for whom, over the real wire.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
class VouchedCallersTest {
  private static final URI API = URI.create("spiffe://prod.example/api");

  @Inject RunningServer server;
  @Inject ServerTls tls;
  @Inject Connections connections;
  @Inject VouchingInForce vouching;

  private final Installation installation = RunningInstallation.get();
  private final TestCa pinned = new TestCa("pinned");
  private final TestCa other = new TestCa("other");
  private final TestCa team = pinned.intermediate("team");
  private Believing believing;
  private final List<ManagedChannel> channels = new ArrayList<>();

  @BeforeEach
  void connect() {
    believing = new Believing(installation, tls, connections);
  }

  @AfterEach
  void disconnect() {
    vouching.enforce(Vouching.unrestricted());
    believing.close();
    channels.forEach(ManagedChannel::shutdownNow);
  }

  @Test
  void anAuthorityThatMayOnlyVouchForATrustDomainIsNotBelievedWithACommonName() throws Exception {
    believing.put(believing.in(pinned, other));
    vouch(rule(pinned, false, "prod.example"), rule(other, true));

    assertEquals(API.toString(), callerOf(with(pinned.client("app", API))));
    assertEquals("cn:admin", callerOf(with(other.client("admin"))));
    assertRefused(with(pinned.client("admin")));
    assertRefused(with(other.client("app", API)));
    assertRefused(with(pinned.client("app", URI.create("spiffe://test.example/api"))));
  }

  @Test
  void otherRulesHoldForConnectionsThatAreOpen() throws Exception {
    believing.put(believing.in(pinned, other));
    var app = with(pinned.client("app"));
    assertEquals("cn:app", callerOf(app));

    vouch(rule(other, true));
    assertRefused(app);

    vouch(rule(pinned, true));
    assertEquals("cn:app", callerOf(app));
  }

  /// Its headers came while the authority might vouch for its caller, its request did not.
  @Test
  void otherRulesHoldForACallThatHoldsItsRequestBack() throws Exception {
    believing.put(believing.in(pinned, other));
    var app = with(pinned.client("app"));
    assertEquals("cn:app", callerOf(app));
    var refused = new CompletableFuture<Status>();
    var call = app.newCall(ProbeServiceGrpc.getUnaryMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            refused.complete(status);
          }
        },
        new Metadata());
    // Goes by the same connection, so that those headers have arrived before it is answered.
    assertEquals("cn:app", callerOf(app));

    vouch(rule(other, true));
    TimeUnit.MILLISECONDS.sleep(200); // what was found out for the headers is no news any more
    call.request(1);
    call.sendMessage(ProbeRequest.getDefaultInstance());
    call.halfClose();

    assertEquals(Status.Code.UNAUTHENTICATED, refused.get(10, TimeUnit.SECONDS).getCode());
  }

  @Test
  void anAuthorityWithTheNameOfThePinnedOneIsNotIt() throws Exception {
    var twin = new TestCa("pinned");
    believing.put(believing.in(twin, pinned));
    vouch(rule(pinned, true));

    assertEquals("cn:app", callerOf(with(pinned.client("app"))));
    assertRefused(with(twin.client("app")));
    assertRefused(with(twin.client("app"), pinned));
  }

  @Test
  void anIntermediateCanBePinned() throws Exception {
    believing.put(believing.in(pinned));
    vouch(rule(team, false, "prod.example"));

    assertEquals(API.toString(), callerOf(with(team.clientBelow("app", API), team)));
    assertRefused(with(pinned.client("app", API), team));
  }

  /// The path may be found over either of them.
  @Test
  void whoIsSignedByThePinnedAuthorityAndByAnotherIsVouchedFor() throws Exception {
    var cross = other.crossSigned(team);
    var leaf = team.clientBelow("app", API);

    for (var bundle : List.of(List.of(pinned, other), List.of(other, pinned, team))) {
      believing.put(believing.in(bundle.toArray(TestCa[]::new)));
      for (var authority : List.of(pinned, team)) {
        vouch(rule(authority, false, "prod.example"));
        assertEquals(API.toString(), callerOf(with(leaf, team, cross)));
        assertEquals(API.toString(), callerOf(with(leaf, cross, team)));
      }
    }
    vouch(rule(pinned, false, "prod.example"));
    believing.put(believing.in(other));
    assertRefused(with(leaf, cross, team));
  }

  @ParameterizedTest
  @EnumSource
  void aStreamEndsWhenItsAuthorityMayNotVouchForItsCallerAnyMore(RunningStream.Kind kind)
      throws Exception {
    believing.put(believing.in(pinned, other));
    var ended = RunningStream.begin(kind, with(pinned.client("app")));
    var going = RunningStream.begin(kind, with(other.client("app")));

    vouch(rule(other, true));
    var end = ended.end();

    assertEquals(Status.Code.UNAUTHENTICATED, end.status().getCode());
    assertEquals(Optional.of("CERTIFICATE_REFUSED"), end.reason());
    assertTrue(going.isRunning());
  }

  private void vouch(Vouching.Rule... rules) {
    vouching.enforce(new Vouching(List.of(rules)));
  }

  private static Vouching.Rule rule(TestCa authority, boolean commonNames, String... domains) {
    return new Vouching.Rule(authority.certificate(), List.of(domains), commonNames);
  }

  /// A connection of its own with this certificate and what is sent along.
  private Channel with(MintedCertificate leaf, TestCa... sentAlong) throws IOException {
    var channel =
        NettyChannelBuilder.forAddress("localhost", server.port())
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(installation.file("ca.pem").toFile())
                    .keyManager(new FixedChain(leaf, sentAlong))
                    .build())
            .build();
    channels.add(channel);
    return channel;
  }

  private static String callerOf(Channel channel) {
    return ProbeServiceGrpc.newBlockingStub(channel)
        .unary(ProbeRequest.getDefaultInstance())
        .getCallerId();
  }

  private static void assertRefused(Channel channel) throws IOException {
    var refused = assertThrows(StatusRuntimeException.class, () -> callerOf(channel));

    assertEquals(Status.Code.UNAUTHENTICATED, refused.getStatus().getCode(), refused.toString());
    assertEquals(
        "the certificate's authority may not vouch for this identity",
        refused.getStatus().getDescription());
    assertEquals(
        "CERTIFICATE_REFUSED",
        StatusProto.fromThrowable(refused).getDetails(0).unpack(ErrorInfo.class).getReason());
  }
}
