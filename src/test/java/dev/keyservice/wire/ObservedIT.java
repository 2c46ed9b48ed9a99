package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.keyservice.call.RequestId;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TraceReceiver;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged service shows of its calls: log lines, and traces sent to an OTLP receiver.
class ObservedIT {
  private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor.Marshaller<Empty> EMPTY =
      ProtoUtils.marshaller(Empty.getDefaultInstance());

  private static Installation installation;
  private static TraceReceiver receiver;
  private static ServiceProcess service;
  private static Channels channels;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    receiver = new TraceReceiver();
    service = ServiceProcess.start(installation, receiver.variables());
    channels = new Channels(installation, service.port());
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    receiver.close();
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
    var export = receiver.await("CryptoService/Encrypt");
    assertTrue(export.contains("caller.cn"), export);
    assertTrue(export.contains("cn:app"), export);
    assertFalse(service.log().contains("sentinel"), "a payload is in the log");
    assertFalse(receiver.all().contains("sentinel"), "a payload is in a span");
  }

  @Test
  void aLineIsAnObjectOfJsonWithTheFactsAsFields() throws InterruptedException {
    var headers = new Metadata();
    headers.put(RequestId.HEADER, "order-4711");
    var calls =
        new Calls(
            ClientInterceptors.intercept(
                channels.of("app"), MetadataUtils.newAttachHeadersInterceptor(headers)));

    var _ = Refusal.of(() -> calls.getKey("keyRings/app/cryptoKeys/none"));

    var line = awaitLine("\"requestId\":\"order-4711\"", "access-log");
    var facts = JsonParser.parseString(line).getAsJsonObject().getAsJsonObject("mdc");
    assertEquals("keyservice.v1.KeyService/GetCryptoKey", facts.get("method").getAsString());
    assertEquals("cn:app", facts.get("caller").getAsString());
    assertEquals("keyRings/app/cryptoKeys/none", facts.get("key").getAsString());
    assertEquals("error", facts.get("outcome").getAsString());
    assertEquals("NOT_FOUND", facts.get("code").getAsString());
    assertEquals("KEY_NOT_FOUND", facts.get("reason").getAsString());
    assertTrue(facts.get("ms").getAsDouble() > 0, line);
    assertEquals(32, facts.get("traceId").getAsString().length());
    for (var other : service.lines()) {
      assertTrue(JsonParser.parseString(other).isJsonObject(), other);
    }
  }

  @Test
  void aRefusalIsLoggedWithItsReason() throws InterruptedException {
    var refusal = Refusal.of(() -> new Calls(channels.of("unbound")).listRings());

    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
    var line = awaitLine("\"caller\":\"cn:unbound\"", "access-log");
    assertTrue(line.contains("\"code\":\"PERMISSION_DENIED\""), line);
    assertTrue(line.contains("\"reason\":\"PERMISSION_DENIED\""), line);
    assertTrue(line.contains("\"outcome\":\"denied\""), line);
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

  @ParameterizedTest
  @ValueSource(strings = {"grpc.reflection.v1", "grpc.reflection.v1alpha"})
  void reflectionIsOffInProduction(String version) {
    var method =
        MethodDescriptor.newBuilder(EMPTY, EMPTY)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(version + ".ServerReflection/ServerReflectionInfo")
            .build();

    var refusal =
        Refusal.belowTheService(() ->
            ClientCalls.blockingUnaryCall(
                channels.of("all"), method, CallOptions.DEFAULT, Empty.getDefaultInstance()));

    assertEquals(Status.Code.UNIMPLEMENTED, refusal.code());
  }

  @Test
  void theAccessLogIsSwitchedOffByAVariable() throws InterruptedException {
    var off = Map.of("QUARKUS_LOG_CATEGORY__DEV_KEYSERVICE_ACCESS_LOG__LEVEL", "OFF");
    try (var own = Installation.create();
        var silent = ServiceProcess.start(own, off);
        var callers = new Channels(own, silent.port())) {
      var _ = new Calls(callers.of("app")).whoAmI();

      silent.terminate();
      assertEquals(143, silent.exitCode(20), silent::log);
      assertFalse(silent.log().contains("access-log"), silent::log);
    }
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
}
