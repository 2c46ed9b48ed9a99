package dev.keyservice.transport;

import dev.keyservice.failure.Failure;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Status;

/// Why the context of a call was cancelled: its deadline, its caller, or a stage, which says so
/// with a failure of its own.
final class EndOfCall {
  private EndOfCall() {}

  static Failure failure(Context cancelled) {
    if (cancelled.cancellationCause() instanceof Failure failure) {
      return failure;
    }
    var status = Contexts.statusFromCancelled(cancelled);
    return status != null && status.getCode() == Status.Code.DEADLINE_EXCEEDED
        ? new Failure.DeadlineExceeded()
        : new Failure.Cancelled();
  }
}
