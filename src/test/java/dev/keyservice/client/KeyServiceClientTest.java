package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyServiceClientTest {
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  private StandInService service;
  private KeyServiceClient client;

  @BeforeEach
  void connect(@TempDir Path directory) {
    var authority = TestAuthority.in(directory);
    var alice = authority.client("alice");
    service = StandInService.start(authority.ca(), authority.server("localhost", "127.0.0.1"));
    var files = TlsFiles.ofClient(authority.ca(), alice.certificate(), alice.key());
    client = KeyServiceClient.open(new ClientSettings("127.0.0.1", service.port(), files, null));
  }

  @AfterEach
  void close() {
    client.close();
    service.close();
  }

  @Test
  void tellsWhenTheServiceDoesNotServe() {
    service.serving(ServingStatus.NOT_SERVING);

    assertEquals(ServingStatus.NOT_SERVING, client.check());
  }

  @Test
  void givesEveryCallWithOneAnswerADeadline() {
    var _ = whoAmI();

    assertNotNull(service.seen().getLast().get(TIMEOUT));
  }

  @Test
  void givesAStreamOfAnswersNoDeadline() {
    var answers = client.health().watch(HealthCheckRequest.getDefaultInstance());

    assertEquals(ServingStatus.SERVING, answers.next().getStatus());
    assertFalse(service.seen().getLast().containsKey(TIMEOUT));
  }

  @Test
  void leavesADeadlineOfTheCallersOnAStreamOfAnswers() {
    var answers =
        client
            .health()
            .withDeadlineAfter(Duration.ofMinutes(1))
            .watch(HealthCheckRequest.getDefaultInstance());

    assertEquals(ServingStatus.SERVING, answers.next().getStatus());
    assertNotNull(service.seen().getLast().get(TIMEOUT));
  }

  @Test
  void countsTheDeadlineFromTheCall() throws InterruptedException {
    var stub = client.access();
    Thread.sleep(Duration.ofSeconds(1));

    var _ = stub.whoAmI(WhoAmIRequest.getDefaultInstance());
    var left = service.seen().getLast().get(TIMEOUT);

    // In microseconds, of 10 s.
    assertTrue(left.matches("9[5-9][0-9]{5}u|10{7}u"), left);
  }

  @Test
  void leavesADeadlineOfTheCallersAlone() {
    var failure =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                client
                    .access()
                    .withDeadlineAfter(Duration.ZERO)
                    .whoAmI(WhoAmIRequest.getDefaultInstance()));

    assertEquals(Status.Code.DEADLINE_EXCEEDED, failure.getStatus().getCode());
  }

  @Test
  void sendsTheCurrentTraceOn() {
    var span =
        Span.wrap(
            SpanContext.create(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getSampled(),
                TraceState.getDefault()));

    try (var _ = span.storeInContext(Context.root()).makeCurrent()) {
      var _ = whoAmI();
    }

    assertEquals(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        service.seen().getLast().get(TRACEPARENT));
  }

  @Test
  void sendsNoTraceWhereThereIsNone() {
    var _ = whoAmI();

    assertFalse(service.seen().getLast().containsKey(TRACEPARENT));
  }

  @Test
  void repeatsWhatChangesNothing() {
    service.failWith(2, Code.UNAVAILABLE, "the store is away", "STORE_UNAVAILABLE");

    var answer = client.crypto().encrypt(EncryptRequest.newBuilder().setName("keyRings/a").build());

    assertEquals("keyRings/a", answer.getName());
    assertEquals(3, service.seen().size());
  }

  @Test
  void givesUpAfterFourTimes() {
    service.failWith(100, Code.UNAVAILABLE, "the store is away", "STORE_UNAVAILABLE");

    assertThrows(StatusRuntimeException.class, this::whoAmI);

    assertEquals(4, service.seen().size());
  }

  @Test
  void neverRepeatsTheCreationOfAKey() {
    service.failWith(1, Code.UNAVAILABLE, "the store is away", "STORE_UNAVAILABLE");
    var request = CreateCryptoKeyRequest.getDefaultInstance();

    assertThrows(StatusRuntimeException.class, () -> client.keys().createCryptoKey(request));

    assertEquals(1, service.seen().size());
  }

  private Object whoAmI() {
    return client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
  }
}
