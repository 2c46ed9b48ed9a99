package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.token.TokenRefused;
import dev.keyservice.token.Tokens;
import dev.keyservice.token.VerifiedToken;
import io.grpc.Attributes;
import io.grpc.Metadata;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Authenticates a call by its bearer token, beside the certificate of its connection if it has
/// one. Whoever has had too many tokens refused is not looked at for a while, unless the token is
/// known to be good: then no signature is verified anyway.
@Singleton
final class TokenAuthenticator {
  private static final String NO_TOKEN =
      "the authorization must be one bearer token of at most 8 KiB";

  private final Tokens tokens;
  private final Instance<AddressLimits> limits;

  /// @param limits asked late: making them reads a setting
  TokenAuthenticator(Tokens tokens, Instance<AddressLimits> limits) {
    this.tokens = tokens;
    this.limits = limits;
  }

  /// The caller, from its token.
  ///
  /// @param certificate who the connection's certificate would be
  /// @throws Failure.Unauthenticated when the token is not accepted
  /// @throws Failure.ResourceExhausted when it is not looked at
  Caller authenticate(
      Attributes connection, Metadata headers, Optional<CertificateCaller> certificate) {
    try {
      return caller(headers, certificate, () -> refuseBlocked(connection));
    } catch (Failure.ResourceExhausted blocked) {
      throw blocked;
    } catch (RuntimeException refused) {
      // Faults, too: what makes one could be sent without end.
      limits.get().failed(connection);
      throw refused;
    }
  }

  /// The same for a call that has begun: it was let in, and is not counted.
  Caller confirm(Metadata headers, Optional<CertificateCaller> certificate) {
    return caller(headers, certificate, () -> {});
  }

  private Caller caller(Metadata headers, Optional<CertificateCaller> certificate, Runnable gate) {
    var text = BearerHeader.token(headers);
    if (text.isEmpty()) {
      gate.run();
      throw refused(NO_TOKEN);
    }
    try {
      var token = tokens.verify(text.get(), gate);
      requireBound(token, certificate);
      return new TokenCaller(
          token.issuer(), token.subject(), token.groups(), token.end(), certificate);
    } catch (TokenRefused e) {
      throw refused(e.why());
    }
  }

  private void refuseBlocked(Attributes connection) {
    limits
        .get()
        .blocked(connection)
        .ifPresent(wait -> {
          throw new Failure.ResourceExhausted(
              Reason.TOO_MANY_REFUSED_TOKENS,
              "too many tokens from this address were refused",
              wait);
        });
  }

  /// A token that is bound to a certificate is good for whoever has that, and for nobody else (RFC
  /// 8705 §3).
  private static void requireBound(VerifiedToken token, Optional<CertificateCaller> certificate) {
    if (token.confirmation().isEmpty()) {
      return;
    }
    if (certificate.isEmpty()) {
      throw refused("the token is bound to a certificate, and there is none");
    }
    if (!token.confirmation().get().equals(certificate.get().thumbprint())) {
      throw refused("the token is bound to another certificate");
    }
  }

  private static Failure.Unauthenticated refused(String why) {
    return new Failure.Unauthenticated(Reason.TOKEN_REFUSED, why);
  }
}
