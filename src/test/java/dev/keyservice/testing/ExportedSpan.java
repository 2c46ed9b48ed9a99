package dev.keyservice.testing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.keyservice.testing.otlp.Attribute;
import dev.keyservice.testing.otlp.SentSpan;
import dev.keyservice.testing.otlp.TraceExport;
import dev.keyservice.testing.otlp.Value;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A span as an OTLP receiver gets it.
///
/// @param kind `INTERNAL`, `SERVER` or `CLIENT`
/// @param parentId empty for the first of its trace
/// @param status `UNSET`, `OK` or `ERROR`
/// @param attributes their values as text
/// @param times of its attributes, how often the most frequent one is there: 1 unless something is
///   said twice
public record ExportedSpan(
    String traceId,
    String id,
    String parentId,
    String name,
    String kind,
    String status,
    String statusMessage,
    Map<String, String> attributes,
    long times,
    List<String> events,
    long startNanos,
    long endNanos) {
  private static final List<String> KINDS =
      List.of("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER");
  private static final List<String> STATUSES = List.of("UNSET", "OK", "ERROR");

  /// Those of an export.
  static List<ExportedSpan> of(byte[] export) {
    try {
      return TraceExport.parseFrom(export).getFromResourcesList().stream()
          .flatMap(resource -> resource.getFromScopesList().stream())
          .flatMap(scope -> scope.getSpansList().stream())
          .map(ExportedSpan::of)
          .toList();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static ExportedSpan of(SentSpan span) {
    var hex = HexFormat.of();
    return new ExportedSpan(
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        span.getName(),
        KINDS.get(span.getKind()),
        STATUSES.get(span.getStatus().getCode()),
        span.getStatus().getMessage(),
        span.getAttributesList().stream()
            .collect(
                Collectors.toMap(
                    Attribute::getKey, each -> text(each.getValue()), (first, again) -> again)),
        span.getAttributesList().stream()
            .collect(Collectors.groupingBy(Attribute::getKey, Collectors.counting()))
            .values()
            .stream()
            .mapToLong(Long::longValue)
            .max()
            .orElse(0),
        span.getEventsList().stream().map(event -> event.getName()).toList(),
        span.getStartNanos(),
        span.getEndNanos());
  }

  private static String text(Value value) {
    return switch (value.getOfCase()) {
      case TEXT -> value.getText();
      case FLAG -> String.valueOf(value.getFlag());
      case NUMBER -> String.valueOf(value.getNumber());
      case FRACTION -> String.valueOf(value.getFraction());
      case OF_NOT_SET -> "";
    };
  }

  /// The value of an attribute, or nothing.
  public String get(String attribute) {
    return attributes.getOrDefault(attribute, "");
  }
}
