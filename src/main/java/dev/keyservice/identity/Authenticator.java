package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import io.grpc.Attributes;
import io.grpc.Metadata;

/// Says who makes a call.
public interface Authenticator {

  /// The caller, from what the connection proved and what the call carries.
  ///
  /// @param connection attributes of the transport
  /// @throws Failure.Unauthenticated when that is nobody; whatever else it throws is a refusal too
  Caller authenticate(Attributes connection, Metadata headers);
}
