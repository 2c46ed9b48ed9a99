package dev.keyservice.observe;

import dev.keyservice.call.CallRecord;
import dev.keyservice.call.NoiseLimit;
import io.grpc.Status;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.Logger;

/// One line a call, with the facts as fields: `mdc` in JSON, `key=value` in plain text.
///
/// A call without a caller is noise that anyone on the network can make: of those, one line a
/// second and reason is written, with the count of what was left out.
@Singleton
final class AccessLog {
  private static final Logger LOG = Logger.getLogger("dev.keyservice.access-log");
  private static final String THIS = AccessLog.class.getName();

  private final NoiseLimit unauthenticated = new NoiseLimit();

  void write(CallRecord record, Status.Code code) {
    if (!LOG.isLoggable(Level.INFO)) {
      return;
    }
    if (record.callerId().isPresent()) {
      write("call", facts(record, code));
      return;
    }
    var reason = record.reason().orElse(code.name());
    unauthenticated
        .admit(reason, System.nanoTime())
        .ifPresent(suppressed -> writeNobodys(record, code, suppressed));
  }

  /// Nobody else can tell an operator why: of such a call there is no span, and no caller to ask.
  private static void writeNobodys(CallRecord record, Status.Code code, long suppressed) {
    var facts = facts(record, code);
    record.message().ifPresent(message -> facts.put("message", message));
    facts.put("suppressed", suppressed);
    write("call without a caller", facts);
  }

  private static Map<String, Object> facts(CallRecord record, Status.Code code) {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("method", record.method());
    record.callerId().ifPresent(id -> facts.put("caller", id));
    record.callerCn().filter(cn -> !cn.isEmpty()).ifPresent(cn -> facts.put("callerCn", cn));
    record.sourceKey().ifPresent(key -> facts.put("sourceKey", key));
    record.sourceVersion().ifPresent(version -> facts.put("sourceVersion", version));
    record.key().ifPresent(key -> facts.put("key", key));
    record.version().ifPresent(version -> facts.put("version", version));
    record.items().ifPresent(items -> facts.put("items", items));
    record.failed().ifPresent(failed -> facts.put("failed", failed));
    facts.put("outcome", outcome(code));
    facts.put("code", code.name());
    record.reason().ifPresent(reason -> facts.put("reason", reason));
    facts.put("ms", millis(System.nanoTime() - record.startNanos()));
    facts.put("peer", record.peer());
    record.requestId().ifPresent(id -> facts.put("requestId", id));
    record.traceId().ifPresent(traceId -> facts.put("traceId", traceId));
    return facts;
  }

  /// In one word: `ok`, `denied` when it was for who the caller is or what it may, else `error`.
  private static String outcome(Status.Code code) {
    return switch (code) {
      case OK -> "ok";
      case UNAUTHENTICATED, PERMISSION_DENIED -> "denied";
      case CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
          DEADLINE_EXCEEDED,
          NOT_FOUND,
          ALREADY_EXISTS,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          UNAVAILABLE,
          DATA_LOSS ->
          "error";
    };
  }

  private static double millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos) / 1000.0;
  }

  /// The facts are given to the record itself: each would go in and out of the context's MDC else,
  /// which costs more than to write the line.
  private static void write(String message, Map<String, Object> facts) {
    var line = new StringBuilder(message);
    facts.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
    var record =
        new ExtLogRecord(Level.INFO, line.toString(), ExtLogRecord.FormatStyle.NO_FORMAT, THIS);
    record.setMdc(facts);
    LOG.logRaw(record);
  }
}
