package dev.keyservice.testing;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// A receiver of traces (OTLP over gRPC). It keeps exports as bytes: the names, values and trace
/// IDs in them are readable as they are. [#spans()] reads them.
public final class TraceReceiver implements AutoCloseable {
  private final List<String> exports = new CopyOnWriteArrayList<>();
  private final Server server;

  /// Listens on any free port of loopback.
  public TraceReceiver() {
    var export =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
            .build();
    var service =
        ServerServiceDefinition.builder("opentelemetry.proto.collector.trace.v1.TraceService")
            .addMethod(export, ServerCalls.asyncUnaryCall(this::export))
            .build();
    try {
      server =
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .addService(service)
              .maxInboundMessageSize(64 << 20)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What the service has to be told to send its traces here, soon.
  public Map<String, String> variables() {
    return Map.of(
        "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://localhost:" + server.getPort(),
        "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
        "200ms",
        // Shorter than what awaits a span: see application.properties.
        "QUARKUS_OTEL_BSP_EXPORT_TIMEOUT",
        "1s");
  }

  /// Everything that has come so far.
  public String all() {
    return String.join("", exports);
  }

  /// The first export with this in it.
  public String await(String part) throws InterruptedException {
    for (var i = 0; i < 500; i++) {
      for (var export : exports) {
        if (export.contains(part)) {
          return export;
        }
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("no export with " + part + " among " + exports.size());
  }

  /// The spans that have come so far.
  public List<ExportedSpan> spans() {
    return exports.stream()
        .map(export -> export.getBytes(StandardCharsets.ISO_8859_1))
        .map(ExportedSpan::of)
        .flatMap(List::stream)
        .toList();
  }

  /// The spans of a trace, the earliest first, once there are at least so many.
  public List<ExportedSpan> awaitTrace(String traceId, int count) throws InterruptedException {
    for (var i = 0; i < 500; i++) {
      var found =
          spans().stream()
              .filter(span -> span.traceId().equals(traceId))
              .sorted(Comparator.comparingLong(ExportedSpan::startNanos))
              .toList();
      if (found.size() >= count) {
        return found;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("not " + count + " spans of " + traceId + " in " + spans());
  }

  /// A trace ID, 32 hexadecimal digits, as it stands in an export.
  public static String inExport(String traceId) {
    return new String(HexFormat.of().parseHex(traceId), StandardCharsets.ISO_8859_1);
  }

  private void export(byte[] request, StreamObserver<byte[]> response) {
    exports.add(new String(request, StandardCharsets.ISO_8859_1));
    response.onNext(new byte[0]);
    response.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
    Confided.requireAbsent("a span", all());
  }
}
