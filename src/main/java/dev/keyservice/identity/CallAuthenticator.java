package dev.keyservice.identity;

import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.ServerSettings;
import io.grpc.Attributes;
import io.grpc.Metadata;
import jakarta.inject.Singleton;

/// Authenticates a call in the way that the port makes possible.
@Singleton
final class CallAuthenticator implements Authenticator {
  private final Authenticator authenticator;

  CallAuthenticator(ServerSettings settings, CertificateAuthenticator certificates) {
    this.authenticator =
        switch (settings.security()) {
          case PortSecurity.Tls _ -> certificates::authenticate;
          case PortSecurity.Plaintext _ -> new LocalAuthenticator();
        };
  }

  @Override
  public Caller authenticate(Attributes connection, Metadata headers) {
    return authenticator.authenticate(connection, headers);
  }
}
