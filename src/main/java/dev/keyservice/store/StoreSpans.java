package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/// Shows the work of the store as spans, each below the span of whoever asked for it.
///
/// Only what belongs to a span that is recorded is shown: the store's own checks begin no trace,
/// and a call that is not sampled costs one look at the context. A span says which operation it
/// was, never with what: SQL has parameters, and a message of the database may repeat them.
final class StoreSpans {
  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("db.system.name");
  private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("db.operation.name");
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
  private static final AttributeKey<Long> QUEUED = AttributeKey.longKey("keyservice.queued_us");

  private final Tracer tracer;

  StoreSpans(Tracer tracer) {
    this.tracer = tracer;
  }

  /// The same work with a span around it. The parent is the span of the thread that calls this, not
  /// of the one that does the work.
  ///
  /// @param operation such as `get_key`
  <T> Function<BooleanSupplier, T> around(String operation, Function<BooleanSupplier, T> work) {
    var parent = Context.current();
    if (!Span.fromContext(parent).isRecording()) {
      return work;
    }
    var asked = System.nanoTime();
    return awaited -> {
      var span = begin(operation, parent, System.nanoTime() - asked);
      try {
        return work.apply(awaited);
      } catch (RuntimeException | Error e) {
        var _ = span.setStatus(StatusCode.ERROR).setAttribute(ERROR_TYPE, type(e));
        throw e;
      } finally {
        span.end();
      }
    };
  }

  /// Begins when a thread takes the work up, so that its length is the database's.
  private Span begin(String operation, Context parent, long queuedNanos) {
    return tracer
        .spanBuilder("store." + operation)
        .setParent(parent)
        .setSpanKind(SpanKind.CLIENT)
        .setAttribute(SYSTEM, "sqlite")
        .setAttribute(OPERATION, operation)
        .setAttribute(QUEUED, TimeUnit.NANOSECONDS.toMicros(queuedNanos))
        .startSpan();
  }

  private static String type(Throwable e) {
    return e instanceof Failure failure ? failure.reason().name() : e.getClass().getName();
  }
}
