package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.PeerConnection;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.ServerSettings;
import io.grpc.Attributes;
import io.grpc.Metadata;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Authenticates a call in the way that the port makes possible: by its token if it carries one,
/// else by the certificate of its connection. A token that is present must be good, whatever the
/// certificate says, and the other way round.
@Singleton
final class CallAuthenticator implements Authenticator {
  private final boolean tls;
  private final CertificateAuthenticator certificates;
  private final TokenAuthenticator tokens;
  private final LocalAuthenticator local = new LocalAuthenticator();

  CallAuthenticator(
      ServerSettings settings, CertificateAuthenticator certificates, TokenAuthenticator tokens) {
    this.tls =
        switch (settings.security()) {
          case PortSecurity.Tls _ -> true;
          case PortSecurity.Plaintext _ -> false;
        };
    this.certificates = certificates;
    this.tokens = tokens;
  }

  @Override
  public Caller authenticate(Attributes connection, Metadata headers) {
    if (!BearerHeader.isIn(headers)) {
      return withoutToken(connection, headers);
    }
    requireTls();
    return tokens.authenticate(connection, headers, certificate(connection, headers));
  }

  @Override
  public void confirm(Attributes connection, Metadata headers) {
    if (!BearerHeader.isIn(headers)) {
      var _ = withoutToken(connection, headers);
      return;
    }
    requireTls();
    var _ = tokens.confirm(headers, certificate(connection, headers));
  }

  private Caller withoutToken(Attributes connection, Metadata headers) {
    return tls
        ? certificates.authenticate(connection, headers)
        : local.authenticate(connection, headers);
  }

  /// Who the certificate says it is; empty only where the connection has none.
  private Optional<CertificateCaller> certificate(Attributes connection, Metadata headers) {
    return PeerConnection.of(connection) == null
        ? Optional.empty()
        : certificates.authenticate(connection, headers).certificate();
  }

  /// Others could have read the token.
  private void requireTls() {
    if (!tls) {
      throw new Failure.Unauthenticated(Reason.TOKEN_REFUSED, "without TLS no token is accepted");
    }
  }
}
