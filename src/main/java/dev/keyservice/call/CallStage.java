package dev.keyservice.call;

/// The interceptors that a call meets, in this order, before the service method; its answer passes
/// them in reverse.
///
/// Every interceptor of ours takes its priority from here, so that the chain is read in one place.
/// The highest priority runs first. Around these stand Quarkus's own: the duplicated context (`MAX
/// - 5`), the request context (`MAX - 50`) and the hop of blocking methods (`MAX - 60`) before all
///   of them, its exception handler (`MAX - 70`) after `RATE_LIMIT`, and then its tracing (0).
///
/// Only this chain sees a call: one of an unknown method, or with an unknown compression, is
/// refused by grpc-java below it and meets no stage.
public enum CallStage {
  /// Counts each call, and writes one line for each authenticated one, whatever becomes of it.
  /// Opens the [CallRecord] that the later stages fill. Refuses nothing.
  ACCESS_LOG(Integer.MAX_VALUE - 61),

  /// Ties the call to its deadline, its cancellation and its connection, and refuses one that has
  /// too little time left: DEADLINE_EXCEEDED.
  LIFETIME(Integer.MAX_VALUE - 62),

  /// The one translation of failures to a status. What is not an expected failure becomes INTERNAL
  /// "internal error" and is logged here.
  ERRORS(Integer.MAX_VALUE - 63),

  /// Finds out who calls. Who cannot be identified gets UNAUTHENTICATED, and leaves no span,
  /// because tracing comes later.
  AUTHENTICATION(Integer.MAX_VALUE - 65),

  /// Refuses a caller that calls more often than it may: RESOURCE_EXHAUSTED with the time to wait.
  /// It leaves no span either.
  RATE_LIMIT(Integer.MAX_VALUE - 66),

  /// Puts the caller, the key, its version and what went wrong on the span that Quarkus's tracing
  /// has begun, and the caller and the method into the log context. Refuses nothing.
  CALLER_SPAN(-10),

  /// Records what becomes of the call before its answer leaves, a refusal by the next stage
  /// included. What cannot be recorded is not answered: UNAVAILABLE.
  AUDIT(-20),

  /// Checks every requirement that the method declares on the names in the message, before anything
  /// is looked up: PERMISSION_DENIED, with a span that says so.
  AUTHORIZATION(-30);

  private final int priority;

  CallStage(int priority) {
    this.priority = priority;
  }

  /// What an interceptor of this stage answers as its `Prioritized.getPriority()`.
  public int priority() {
    return priority;
  }
}
