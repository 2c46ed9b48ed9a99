package dev.keyservice.call;

import io.grpc.ServerCall;

/// Ends a call with the status that a failure means. The one implementation is the one translation
/// of failures to statuses; stages use it because an interceptor that throws would leak.
public interface CallRefusal {

  /// Closes the call. What is no expected failure becomes `INTERNAL "internal error"`.
  void refuse(ServerCall<?, ?> call, Throwable cause);
}
