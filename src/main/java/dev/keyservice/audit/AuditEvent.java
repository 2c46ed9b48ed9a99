package dev.keyservice.audit;

import dev.keyservice.call.CallRecord;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/// What is recorded. Names only: no payload, token or key material.
sealed interface AuditEvent {

  /// The revision of the change log that it vouches for; empty where nothing was changed.
  OptionalLong revision();

  /// A call as a whole, or the beginning or the end of a stream.
  ///
  /// @param revision as it was known by then: the work of a call whose caller went away may still
  ///   commit, and that change is then without a record
  /// @param code of the status; empty for a beginning
  /// @param micros how long it took so far
  record Call(Phase phase, CallRecord facts, OptionalLong revision, String code, long micros)
      implements AuditEvent {
    static Call of(Phase phase, CallRecord facts, String code) {
      var nanos = System.nanoTime() - facts.startNanos();
      return new Call(phase, facts, facts.revision(), code, TimeUnit.NANOSECONDS.toMicros(nanos));
    }
  }

  /// Which part of a call is recorded. The names are part of the format.
  enum Phase {
    CALL,
    BEGIN,
    END
  }

  /// A change that was committed and has no record of its call: the process or the disk failed
  /// between the two, or its caller went away.
  record Recovered(CommittedChange change) implements AuditEvent {
    @Override
    public OptionalLong revision() {
      return OptionalLong.of(change.revision());
    }
  }
}
