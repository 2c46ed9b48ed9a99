package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.PeerConnection;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/// Whether the caller of a call that has begun is still believed. Cheap enough for each of its
/// messages: it looks at what has been found out, and at the time.
///
/// @param connection null where the caller has no certificate
record Standing(Caller caller, @Nullable PeerConnection connection, Clock clock) {

  /// Returns while it is.
  ///
  /// @throws Failure.Unauthenticated when it is not any more
  void require() {
    if (connection != null) {
      connection.requireNotRefused();
    }
    if (caller instanceof TokenCaller token && clock.instant().isAfter(token.tokenEnd())) {
      throw new Failure.Unauthenticated(Reason.TOKEN_REFUSED, "the token has expired");
    }
  }
}
