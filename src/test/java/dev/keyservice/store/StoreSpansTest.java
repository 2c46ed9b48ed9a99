package dev.keyservice.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreSpansTest {
  private final InMemorySpanExporter finished = InMemorySpanExporter.create();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(finished)).build();
  private final StoreSpans spans = new StoreSpans(provider.get("store"));
  private final Span parent = provider.get("test").spanBuilder("call").startSpan();

  @AfterEach
  void close() {
    provider.close();
  }

  private <T> Function<BooleanSupplier, T> askedFor(Function<BooleanSupplier, T> work) {
    try (var _ = parent.makeCurrent()) {
      return spans.around("get_key", work);
    }
  }

  private SpanData only() {
    assertEquals(1, finished.getFinishedSpanItems().size());
    return finished.getFinishedSpanItems().getFirst();
  }

  @Test
  void hangsTheWorkBelowTheSpanOfWhoAskedThoughAnotherThreadDoesIt() {
    var work = askedFor(_ -> "done");

    var result = CompletableFuture.supplyAsync(() -> work.apply(() -> true)).join();

    assertEquals("done", result);
    var span = only();
    assertEquals("store.get_key", span.getName());
    assertEquals(SpanKind.CLIENT, span.getKind());
    assertEquals(parent.getSpanContext().getSpanId(), span.getParentSpanId());
    assertEquals(parent.getSpanContext().getTraceId(), span.getTraceId());
    assertEquals(StatusCode.UNSET, span.getStatus().getStatusCode());
    assertEquals("sqlite", span.getAttributes().get(AttributeKey.stringKey("db.system.name")));
    assertEquals("get_key", span.getAttributes().get(AttributeKey.stringKey("db.operation.name")));
    assertEquals(3, span.getAttributes().size());
  }

  @Test
  void saysOfAFailureNothingButItsReason() {
    var failure = new Failure.Unavailable(Reason.STORE_UNAVAILABLE, "row 'secret' is locked");
    var work =
        askedFor(_ -> {
          throw failure;
        });

    var thrown = assertThrows(Failure.Unavailable.class, () -> work.apply(() -> true));

    assertSame(failure, thrown);
    var span = only();
    assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
    assertEquals("", span.getStatus().getDescription());
    assertEquals(
        "STORE_UNAVAILABLE", span.getAttributes().get(AttributeKey.stringKey("error.type")));
    assertEquals(List.of(), span.getEvents());
  }

  @Test
  void makesNothingWhenNobodyIsTraced() {
    Function<BooleanSupplier, String> work = _ -> "done";

    assertSame(work, spans.around("get_key", work));
  }

  @Test
  void makesNothingForACallThatIsNotSampled() {
    var unsampled =
        SpanContext.create(
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "00f067aa0ba902b7",
            TraceFlags.getDefault(),
            TraceState.getDefault());
    Function<BooleanSupplier, String> work = _ -> "done";

    try (var _ = Span.wrap(unsampled).makeCurrent()) {
      assertSame(work, spans.around("get_key", work));
    }
  }

  @Test
  void costsNextToNothingWhenNobodyIsTraced() {
    Function<BooleanSupplier, String> work = _ -> "done";
    var rounds = 1_000_000;
    var best = Long.MAX_VALUE;
    for (var round = 0; round < 5; round++) {
      var begin = System.nanoTime();
      for (var i = 0; i < rounds; i++) {
        assertSame(work, spans.around("get_key", work));
      }
      best = Math.min(best, System.nanoTime() - begin);
    }

    System.out.printf(
        "proof: an untraced task of the store costs %.1f ns more%n", best / (double) rounds);
    assertEquals(0, finished.getFinishedSpanItems().size());
    org.junit.jupiter.api.Assertions.assertTrue(
        best < Duration.ofMillis(2).toNanos() * rounds / 1_000, "more than 2 µs each");
  }
}
