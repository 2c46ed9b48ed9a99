package dev.keyservice.testing;

import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The spans that the service inside the test process has finished.
public final class Spans {
  private static final InMemorySpanExporter FINISHED = InMemorySpanExporter.create();

  private Spans() {}

  @Produces
  @Singleton
  static SpanProcessor processor() {
    return SimpleSpanProcessor.create(FINISHED);
  }

  /// Those of one trace once there are at least so many, or after a second.
  public static List<SpanData> of(String traceId, int count) throws InterruptedException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    var spans = of(traceId);
    while (spans.size() < count && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(5);
      spans = of(traceId);
    }
    return spans;
  }

  /// How many calls have left a span so far, of whatever trace, once no more of them come.
  public static long settledServerSpans() throws InterruptedException {
    var before = -1L;
    var spans = serverSpans();
    while (spans != before) {
      TimeUnit.MILLISECONDS.sleep(200);
      before = spans;
      spans = serverSpans();
    }
    return spans;
  }

  private static long serverSpans() {
    return FINISHED.getFinishedSpanItems().stream()
        .filter(span -> span.getKind() == SpanKind.SERVER)
        .count();
  }

  private static List<SpanData> of(String traceId) {
    return FINISHED.getFinishedSpanItems().stream()
        .filter(span -> span.getTraceId().equals(traceId))
        .toList();
  }
}
