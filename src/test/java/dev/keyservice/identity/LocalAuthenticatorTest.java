package dev.keyservice.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalAuthenticatorTest {
  private final LocalAuthenticator authenticator = new LocalAuthenticator();

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
  void anyoneOnThisMachineIsTheSameCallerWithoutAProof(String peer) {
    var caller = authenticator.authenticate(from(peer), new Metadata());

    assertEquals("insecure:local", caller.id());
    assertEquals("", caller.commonName());
    assertEquals(Optional.empty(), caller.expiry());
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "fe80::1", "0.0.0.0"})
  void nobodyElseIs(String peer) {
    assertRefused(from(peer));
  }

  @Test
  void nobodyIsWhoseAddressIsNotKnown() {
    assertRefused(Attributes.EMPTY);
    assertRefused(from(InetSocketAddress.createUnresolved("localhost", 1)));
    assertRefused(from(new SocketAddress() {}));
  }

  @Test
  void aPeerOverTheNetworkIsRefusedOverTheRealWire() throws Exception {
    var address = addressOnANetwork();
    assumeTrue(address.isPresent(), "SKIPPED: this machine has no address but loopback");

    assertRefused(connectionOver(address.get()));
  }

  @Test
  void aPeerOverLoopbackIsKnownOverTheRealWire() throws Exception {
    var connection = connectionOver(InetAddress.getLoopbackAddress());

    assertEquals("insecure:local", authenticator.authenticate(connection, new Metadata()).id());
  }

  private void assertRefused(Attributes connection) {
    var refused =
        assertThrows(
            Failure.Unauthenticated.class,
            () -> authenticator.authenticate(connection, new Metadata()));

    assertEquals(Reason.CERTIFICATE_REQUIRED, refused.reason());
    assertTrue(String.valueOf(refused.getMessage()).contains("without TLS"), refused.getMessage());
  }

  private static Attributes from(String peer) {
    return from(new InetSocketAddress(InetAddress.ofLiteral(peer), 40112));
  }

  private static Attributes from(SocketAddress peer) {
    return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, peer).build();
  }

  /// What a server without TLS knows of a connection that is made to this address.
  private static Attributes connectionOver(InetAddress address) throws Exception {
    var seen = new LinkedBlockingQueue<Attributes>();
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(address, 0))
            .addService(new HealthStatusManager().getHealthService())
            .intercept(new Observer(seen))
            .build()
            .start();
    var channel =
        NettyChannelBuilder.forAddress(new InetSocketAddress(address, server.getPort()))
            .usePlaintext()
            .build();
    try {
      var _ = HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
      return seen.poll(10, TimeUnit.SECONDS);
    } finally {
      channel.shutdownNow();
      server.shutdownNow().awaitTermination();
    }
  }

  private static Optional<InetAddress> addressOnANetwork() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .findFirst();
  }

  private record Observer(LinkedBlockingQueue<Attributes> seen) implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      seen.add(call.getAttributes());
      return next.startCall(call, headers);
    }
  }
}
