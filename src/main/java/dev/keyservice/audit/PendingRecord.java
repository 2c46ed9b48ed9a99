package dev.keyservice.audit;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// A record that somebody waits for.
///
/// @param since when it was submitted, by `System.nanoTime()`
record PendingRecord(AuditEvent event, CompletableFuture<Void> done, long since) {
  static PendingRecord of(AuditEvent event) {
    return new PendingRecord(event, new CompletableFuture<>(), System.nanoTime());
  }

  /// It is as safe as it must be before an answer leaves.
  void succeed() {
    var _ = done.complete(null);
  }

  /// It could not be written, or not in time.
  void refuse() {
    var _ = done.completeExceptionally(unavailable());
  }

  boolean isOlderThan(Duration patience) {
    return System.nanoTime() - since > patience.toNanos();
  }

  static Failure.Unavailable unavailable() {
    return new Failure.Unavailable(
        Reason.AUDIT_UNAVAILABLE, "the call could not be recorded in the audit log");
  }
}
