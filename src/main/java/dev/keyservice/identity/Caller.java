package dev.keyservice.identity;

import io.grpc.Context;
import java.time.Instant;
import java.util.Optional;

/// An authenticated caller.
///
/// The identity of a call is put into its gRPC context by the AUTHENTICATION stage and nowhere
/// else.
public sealed interface Caller permits CertificateCaller, TokenCaller, InsecureCaller {
  /// Where the AUTHENTICATION stage puts the caller of a call.
  Context.Key<Caller> KEY = Context.key("keyservice-caller");

  /// What bindings of the policy match: `spiffe://…`, `cn:` and the common name, `token:`, issuer,
  /// `#` and subject, or `insecure:local`.
  String id();

  /// The common name of the certificate, for people to read; empty when there is none.
  String commonName();

  /// When the proof of identity ends; empty when there was none.
  Optional<Instant> expiry();

  /// The certificate that the connection proved; empty when there was none.
  Optional<CertificateCaller> certificate();

  /// The caller of the current call.
  ///
  /// @throws IllegalStateException outside an authenticated call, which is a bug
  static Caller current() {
    var caller = KEY.get();
    if (caller == null) {
      throw new IllegalStateException("no authenticated call here");
    }
    return caller;
  }
}
