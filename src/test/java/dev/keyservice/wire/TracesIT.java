package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.client.ClientSettings;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.ExportedSpan;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TraceReceiver;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.v1.EncryptRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The traces of the packaged service, as an OTLP receiver gets them.
@Timeout(120)
class TracesIT {
  private static final String OPERATORS =
      """
        - name: operators
          callers: ["cn:admin"]
          roles: [operator]
          keys: ["*/*"]
      """;

  private static Installation installation;
  private static TraceReceiver receiver;
  private static ServiceProcess service;
  private static Channels channels;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    var _ =
        Files.writeString(installation.file("policy.yaml"), OPERATORS, StandardOpenOption.APPEND);
    receiver = new TraceReceiver();
    var variables = new HashMap<>(receiver.variables());
    variables.put("QUARKUS_GRPC_SERVER_ENABLE_REFLECTION_SERVICE", "true");
    service = ServiceProcess.start(installation, variables);
    channels = new Channels(installation, service.port());
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    receiver.close();
    installation.close();
  }

  private static Calls traced(String caller, String traceId, String flags) {
    return new Calls(onTrace(channels.of(caller), traceId, flags));
  }

  private static Channel onTrace(Channel channel, String traceId, String flags) {
    var headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + traceId + "-b7ad6b7169203331-" + flags);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static String newTrace() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  private static ExportedSpan only(List<ExportedSpan> spans, String name) {
    var found = spans.stream().filter(span -> span.name().equals(name)).toList();
    assertEquals(1, found.size(), name + " in " + spans);
    return found.getFirst();
  }

  @Test
  void aTraceLeadsFromTheClientThroughTheServiceToItsStore() throws Exception {
    var key = new Calls(channels.of("all")).createKey("app", "end-to-end").getName();
    var settings =
        new ClientSettings(
            "localhost",
            service.port(),
            TlsFiles.ofClient(
                installation.file("ca.pem"),
                installation.file("app.pem"),
                installation.file("app-key.pem")),
            null);
    Span clientSpan;
    try (var telemetry = SdkTracerProvider.builder().build();
        var client = KeyServiceClient.open(settings)) {
      clientSpan =
          telemetry.get("test").spanBuilder("encrypt").setSpanKind(SpanKind.CLIENT).startSpan();
      try (var _ = clientSpan.makeCurrent()) {
        var _ =
            client
                .crypto()
                .encrypt(
                    EncryptRequest.newBuilder()
                        .setName(key)
                        .setPlaintext(Confided.PLAINTEXT)
                        .build());
      } finally {
        clientSpan.end();
      }
    }

    var context = clientSpan.getSpanContext();
    var spans = receiver.awaitTrace(context.getTraceId(), 2);

    var server = only(spans, "keyservice.v1.CryptoService/Encrypt");
    assertEquals("SERVER", server.kind());
    assertEquals(context.getSpanId(), server.parentId());
    assertEquals("grpc", server.get("rpc.system"));
    assertEquals("keyservice.v1.CryptoService", server.get("rpc.service"));
    assertEquals("Encrypt", server.get("rpc.method"));
    assertEquals("0", server.get("rpc.grpc.status_code"));
    assertEquals("app", server.get("caller.cn"));
    assertEquals("cn:app", server.get("caller.id"));
    assertEquals(key, server.get("keyservice.key"));
    assertEquals("1", server.get("keyservice.key_version"));
    assertEquals("UNSET", server.status());
    assertEquals(1, server.times(), "an attribute is there twice: " + server);
    var store = only(spans, "store.get_key");
    assertEquals("CLIENT", store.kind());
    assertEquals(server.id(), store.parentId());
    assertEquals("sqlite", store.get("db.system.name"));
    assertEquals("get_key", store.get("db.operation.name"));
    assertEquals(2, spans.size(), spans.toString());
    assertTrue(server.startNanos() <= store.startNanos(), spans.toString());
    assertTrue(store.endNanos() <= server.endNanos(), spans.toString());
    System.out.printf(
        "proof: trace %s: client %s -> server %s (caller.cn=%s) -> %s %s%n",
        context.getTraceId(),
        context.getSpanId(),
        server.id(),
        server.get("caller.cn"),
        store.name(),
        store.id());
  }

  @Test
  void aWriteOfTheStoreHangsBelowTheCallThatAskedForIt() throws InterruptedException {
    var traceId = newTrace();

    var _ = traced("admin", traceId, "01").createKey("app", "written");

    var spans = receiver.awaitTrace(traceId, 2);
    var server = only(spans, "keyservice.v1.KeyService/CreateCryptoKey");
    assertEquals(server.id(), only(spans, "store.create_key").parentId());
  }

  @Test
  void aCallThatNeedsNoStoreHasNoSpanOfIt() throws InterruptedException {
    var key = new Calls(channels.of("all")).createKey("app", "cached").getName();
    var _ = new Calls(channels.of("app")).encrypt(key, Confided.PLAINTEXT, "");
    var traceId = newTrace();

    var _ = traced("app", traceId, "01").encrypt(key, Confided.PLAINTEXT, "");
    var _ = traced("app", traceId, "01").whoAmI();

    var spans = receiver.awaitTrace(traceId, 2);
    assertEquals(2, spans.size(), spans.toString());
    assertEquals(List.of("SERVER", "SERVER"), spans.stream().map(ExportedSpan::kind).toList());
  }

  @Test
  void aDeniedCallSaysWhyAndIsNoErrorOfTheService() throws InterruptedException {
    var traceId = newTrace();
    var name = "keyRings/other/cryptoKeys/foreign";

    var refusal =
        Refusal.of(() -> traced("app", traceId, "01").encrypt(name, ByteString.EMPTY, ""));

    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
    var span = receiver.awaitTrace(traceId, 1).getFirst();
    assertEquals("7", span.get("rpc.grpc.status_code"));
    assertEquals("UNSET", span.status());
    assertEquals("PERMISSION_DENIED", span.get("keyservice.reason"));
    assertEquals(name, span.get("keyservice.key"));
    assertEquals("app", span.get("caller.cn"));
  }

  @Test
  void aCallThatItsCallerDoesNotSampleIsNotExportedButHasItsTraceInTheLog()
      throws InterruptedException {
    var unsampled = newTrace();
    var later = newTrace();

    var _ = traced("admin", unsampled, "00").createKey("app", "unsampled");
    var _ = traced("admin", later, "01").createKey("app", "sampled");

    var _ = receiver.awaitTrace(later, 2);
    var found = receiver.spans().stream().filter(span -> span.traceId().equals(unsampled)).toList();
    assertEquals(List.of(), found);
    assertTrue(service.log().contains("traceId=" + unsampled), service.log());
  }

  @Test
  void healthReflectionAndTheManagementPortLeaveNoSpan() throws InterruptedException {
    var admin = channels.of("admin");
    var health = newTrace();
    var reflection = newTrace();
    var later = newTrace();

    var _ =
        HealthGrpc.newBlockingStub(onTrace(admin, health, "01"))
            .check(HealthCheckRequest.getDefaultInstance());
    var _ =
        ClientCalls.blockingServerStreamingCall(
                onTrace(admin, reflection, "01"),
                ServerReflectionGrpc.getServerReflectionInfoMethod(),
                io.grpc.CallOptions.DEFAULT,
                ServerReflectionRequest.newBuilder().setListServices("").build())
            .next();
    var _ = Management.of(service).metrics();
    var _ = Management.of(service).readiness();
    var _ = traced("admin", later, "01").createKey("app", "afterwards");

    var _ = receiver.awaitTrace(later, 2);
    var names = receiver.spans().stream().map(ExportedSpan::name).collect(Collectors.toSet());
    var foreign =
        names.stream()
            .filter(name -> !name.startsWith("keyservice.v1.") && !name.startsWith("store."))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(), foreign);
    var traces = receiver.spans().stream().map(ExportedSpan::traceId).toList();
    assertTrue(!traces.contains(health) && !traces.contains(reflection));
    System.out.println("proof: spans are of " + new TreeSet<>(names) + " only");
  }
}
