package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the packaged service shows of its calls: log lines, and traces sent to an OTLP receiver.
class ObservedIT {
  private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static Installation installation;
  private static Server receiver;
  private static final List<String> EXPORTS = new CopyOnWriteArrayList<>();
  private static ServiceProcess service;
  private static Channels channels;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    receiver =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(otlpTraces())
            .build()
            .start();
    service =
        ServiceProcess.start(
            installation,
            Map.of(
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://localhost:" + receiver.getPort(),
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
                "200ms"));
    channels = new Channels(installation, service.port());
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    receiver.shutdownNow();
    installation.close();
  }

  @Test
  void aCallIsLoggedWithItsCallerKeyAndTraceAndIsExported() throws InterruptedException {
    var key = new Calls(channels.of("all")).createKey("app", "observed").getName();
    var headers = new Metadata();
    headers.put(TRACEPARENT, "00-" + TRACE_ID + "-00f067aa0ba902b7-01");
    var traced =
        new Calls(
            ClientInterceptors.intercept(
                channels.of("app"), MetadataUtils.newAttachHeadersInterceptor(headers)));

    var _ = traced.encrypt(key, ByteString.copyFromUtf8("sentinel-plaintext"), "sentinel-aad");

    var line = awaitLine("\"traceId\":\"" + TRACE_ID + "\"", "access-log");
    for (var fact :
        List.of(
            "\"method\":\"keyservice.v1.CryptoService/Encrypt\"",
            "\"caller\":\"cn:app\"",
            "\"callerCn\":\"app\"",
            "\"key\":\"keyRings/app/cryptoKeys/observed\"",
            "\"version\":\"1\"",
            "\"code\":\"OK\"")) {
      assertTrue(line.contains(fact), line);
    }
    var export = awaitExport("CryptoService/Encrypt");
    assertTrue(export.contains("caller.cn"), export);
    assertTrue(export.contains("cn:app"), export);
    assertFalse(service.log().contains("sentinel"), "a payload is in the log");
    assertFalse(String.join("", EXPORTS).contains("sentinel"), "a payload is in a span");
  }

  @Test
  void aRefusalIsLoggedWithItsReason() throws InterruptedException {
    var refusal = Refusal.of(() -> new Calls(channels.of("unbound")).listRings());

    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
    var line = awaitLine("\"caller\":\"cn:unbound\"", "access-log");
    assertTrue(line.contains("\"code\":\"PERMISSION_DENIED\""), line);
    assertTrue(line.contains("\"reason\":\"PERMISSION_DENIED\""), line);
  }

  @Test
  void callsWithoutACallerAreLoggedOnceASecondAtMost() throws InterruptedException {
    var nameless = new Calls(channels.of("nameless"));
    var begin = System.nanoTime();
    for (var i = 0; i < 300; i++) {
      assertEquals(Status.Code.UNAUTHENTICATED, Refusal.of(nameless::whoAmI).code());
    }
    var seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin) + 2;

    var lines =
        service.lines().stream().filter(line -> line.contains("call without a caller")).count();

    assertTrue(lines >= 1 && lines <= seconds, lines + " lines in " + seconds + " s");
  }

  @Test
  void reflectionIsOffInProduction() {
    var method =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
            .build();

    var refusal =
        Refusal.belowTheService(() ->
            ClientCalls.blockingUnaryCall(
                channels.of("all"), method, CallOptions.DEFAULT, new byte[0]));

    assertEquals(Status.Code.UNIMPLEMENTED, refusal.code());
  }

  private static String awaitLine(String... parts) throws InterruptedException {
    for (var i = 0; i < 500; i++) {
      for (var line : service.lines()) {
        if (List.of(parts).stream().allMatch(line::contains)) {
          return line;
        }
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("no line with " + List.of(parts) + " in\n" + service.log());
  }

  private static String awaitExport(String part) throws InterruptedException {
    for (var i = 0; i < 500; i++) {
      for (var export : EXPORTS) {
        if (export.contains(part)) {
          return export;
        }
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new AssertionError("no export with " + part + " among " + EXPORTS.size());
  }

  /// Takes exports as bytes: the names and values in them are readable as they are.
  private static ServerServiceDefinition otlpTraces() {
    var export =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
            .build();
    return ServerServiceDefinition.builder("opentelemetry.proto.collector.trace.v1.TraceService")
        .addMethod(export, ServerCalls.asyncUnaryCall(ObservedIT::export))
        .build();
  }

  private static void export(byte[] request, StreamObserver<byte[]> response) {
    EXPORTS.add(new String(request, StandardCharsets.ISO_8859_1));
    response.onNext(new byte[0]);
    response.onCompleted();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
