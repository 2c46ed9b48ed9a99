package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import io.grpc.Attributes;
import io.grpc.Metadata;

/// Says who makes a call.
public interface Authenticator {

  /// The caller, from what the connection proved and what the call carries.
  ///
  /// @param connection attributes of the transport
  /// @throws Failure.Unauthenticated when that is nobody
  /// @throws Failure.ResourceExhausted when it is not found out, because the address has been
  ///   refused too often; whatever else it throws is a refusal too
  Caller authenticate(Attributes connection, Metadata headers);

  /// Returns when the caller of a call that has begun would be let in again. Nothing is counted.
  ///
  /// @throws Failure.Unauthenticated when it would not
  void confirm(Attributes connection, Metadata headers);
}
