package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.Code;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a service sees of a client's token, over real TLS and without it.
class BearerTokenTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path directory;

  private Path token;
  private StandInService service;
  private ClientSettings settings;

  @BeforeEach
  void start() throws IOException {
    var authority = TestAuthority.in(directory);
    var alice = authority.client("alice");
    service = StandInService.start(authority.ca(), authority.server("localhost", "127.0.0.1"));
    token = Files.writeString(directory.resolve("token"), "first\n");
    settings =
        new ClientSettings(
                "127.0.0.1",
                service.port(),
                TlsFiles.ofClient(authority.ca(), alice.certificate(), alice.key()),
                null)
            .withToken(token);
  }

  @AfterEach
  void close() {
    service.close();
  }

  @Test
  void isSentOnEveryCallEvenTheFirstQuestion() {
    try (var client = KeyServiceClient.open(settings)) {
      var _ = client.check();
      whoAmI(client);
    }

    assertEquals(List.of("Bearer first", "Bearer first"), sent());
  }

  @Test
  void isSentOnceOnARepeatedCall() {
    service.failWith(2, Code.UNAVAILABLE, "the store is away", "STORE_UNAVAILABLE");

    try (var client = KeyServiceClient.open(settings)) {
      whoAmI(client);
    }

    assertEquals(List.of("Bearer first", "Bearer first", "Bearer first"), sent());
  }

  @Test
  void isTheOneThatIsInTheFileNow() throws IOException {
    try (var client = KeyServiceClient.open(settings)) {
      whoAmI(client);
      Files.writeString(token, "second");
      whoAmI(client);
      Files.delete(token);
      whoAmI(client);
    }

    assertEquals(List.of("Bearer first", "Bearer second", "Bearer second"), sent());
  }

  @Test
  void leavesACallsOwnCredentialsAlone() {
    try (var client = KeyServiceClient.open(settings)) {
      var _ =
          client.access().withCallCredentials(new Own()).whoAmI(WhoAmIRequest.getDefaultInstance());
    }

    assertEquals(List.of("Own"), sent());
  }

  @Test
  void aClientWithoutAFileSendsNone() {
    var without =
        new ClientSettings(
            settings.host(), settings.port(), settings.tlsFiles(), settings.serverName());
    try (var client = KeyServiceClient.open(without)) {
      whoAmI(client);
    }

    assertNull(service.seen().getLast().get(AUTHORIZATION));
  }

  @Test
  void aFileThatHoldsNoneIsRefusedAtTheBeginning() throws IOException {
    Files.writeString(token, "first second");

    var refused = assertThrows(SettingRefused.class, () -> KeyServiceClient.open(settings));

    assertEquals("KEYSERVICE_TOKEN_FILE", refused.setting());
    assertFalse(String.valueOf(refused.getMessage()).contains("first"), refused.getMessage());
  }

  @Test
  void isNeverSentWithoutTls() throws InterruptedException {
    try (var plaintext = StandInService.inPlaintext()) {
      var channel =
          NettyChannelBuilder.forAddress("127.0.0.1", plaintext.port())
              .usePlaintext()
              .intercept(new BearerToken(TokenFile.open(token)))
              .build();
      try {
        var failed =
            assertThrows(
                StatusRuntimeException.class,
                () ->
                    AccessServiceGrpc.newBlockingStub(channel)
                        .whoAmI(WhoAmIRequest.getDefaultInstance()));

        assertEquals(Status.Code.UNAUTHENTICATED, failed.getStatus().getCode());
        assertTrue(failed.getMessage().contains("KEYSERVICE_TOKEN_FILE"), failed.getMessage());
        assertFalse(failed.getMessage().contains("first"), failed.getMessage());
        assertEquals(List.of(), plaintext.seen());
      } finally {
        assertTrue(channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
      }
    }
  }

  private static void whoAmI(KeyServiceClient client) {
    var _ = client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
  }

  /// Of every call, all that there is.
  private List<String> sent() {
    return service.seen().stream()
        .flatMap(headers -> {
          var values = headers.getAll(AUTHORIZATION);
          return values == null
              ? Arrays.stream(new String[0])
              : java.util.stream.StreamSupport.stream(values.spliterator(), false);
        })
        .toList();
  }

  private static final class Own extends CallCredentials {
    @Override
    public void applyRequestMetadata(
        RequestInfo connection, Executor executor, MetadataApplier applier) {
      var headers = new Metadata();
      headers.put(AUTHORIZATION, "Own");
      applier.apply(headers);
    }
  }
}
