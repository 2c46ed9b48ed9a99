package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import java.net.InetSocketAddress;

/// Takes every call from this machine for one of [InsecureCaller]: where there is no TLS.
final class LocalAuthenticator {
  private static final Caller ANYONE = new InsecureCaller();

  /// The port listens on loopback alone; this does not rely on it, since packets can be redirected
  /// there.
  Caller authenticate(Attributes connection, Metadata headers) {
    if (connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress peer
        && peer.getAddress() != null
        && peer.getAddress().isLoopbackAddress()) {
      return ANYONE;
    }
    throw new Failure.Unauthenticated(
        Reason.CERTIFICATE_REQUIRED, "without TLS only callers on the service's machine are known");
  }
}
