package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Bytes;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.Sentinels;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TokenInstallation;
import dev.keyservice.testing.TraceReceiver;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What callers hand over in confidence comes out nowhere: not in logs, spans, metrics, errors or
/// files, whether their calls succeed or fail.
@Timeout(120)
class SentinelsIT {
  private final Sentinels secrets = new Sentinels();
  private final Sentinels labels = new Sentinels();
  private final Sentinels rootKey = new Sentinels();
  private final List<String> errors = new ArrayList<>();

  private TokenInstallation installation;
  private TraceReceiver receiver;
  private ServiceProcess service;
  private Channels channels;

  @BeforeEach
  void start() {
    installation = TokenInstallation.create();
    receiver = new TraceReceiver();
    service = installation.start(receiver.variables());
    channels = new Channels(installation.files(), service.port());
  }

  @AfterEach
  void stop() {
    channels.close();
    service.close();
    receiver.close();
    installation.close();
  }

  @Test
  void comeOutNowhere() throws Exception {
    rootKey.hide("root key", Files.readAllBytes(directory().resolve("root-keys/root-1.key")));
    var label = labels.hide("label");
    var key = createKey(label);
    for (var caller : List.of("app", "admin", "unbound", "nameless")) {
      useWithMetadata(channels.of(caller), key);
    }
    useWithTokens(key);
    var management = Management.of(service);
    var scrape = management.metrics() + management.readiness().asString();
    var running = Sentinels.files(directory()).stream().map(this::name).toList();
    var whileRunning = secrets.inFiles(directory());
    service.terminate();
    var exit = service.exitCode(30);

    assertTrue(exit == 0 || exit == 143, "exit " + exit);
    assertTrue(running.contains("data/keyservice.db-wal"), running.toString());
    assertEquals(List.of(), whileRunning);
    assertEquals(List.of(), secrets.inFiles(directory()));
    var everywhere =
        Stream.of(secrets, labels, rootKey)
            .flatMap(hidden ->
                Stream.of(
                        hidden.in("the log", service.log()),
                        hidden.in("a span", latin1(receiver.all())),
                        hidden.in("the metrics", scrape),
                        hidden.in("an error", String.join("\n", errors)))
                    .flatMap(List::stream))
            .toList();
    assertEquals(List.of(), everywhere);
    assertEquals(List.of("root key in root-keys/root-1.key"), rootKey.inFiles(directory()));
    requireThatThereWasSomethingToFind();
    var files = Sentinels.files(directory());
    assertEquals(List.of(), files.stream().map(this::name).filter(SentinelsIT::isDump).toList());
    System.out.printf(
        "proof: 0 of %d forms of secrets in %d log lines, %d spans, %d lines of metrics, %d errors"
            + " and %d files%n",
        secrets.size() + rootKey.size(),
        service.lines().size(),
        receiver.spans().size(),
        scrape.lines().count(),
        errors.size(),
        files.size());
  }

  /// The search is not blind: labels are found where they belong, and each place has content.
  private void requireThatThereWasSomethingToFind() {
    assertFalse(labels.inFiles(directory()).isEmpty());
    assertTrue(
        labels.inFiles(directory()).stream().allMatch(hit -> hit.contains("data/keyservice.db")));
    assertTrue(service.log().contains("CANNOT_DECRYPT"), "no failed call is in the log");
    assertTrue(service.log().contains("TOKEN_REFUSED"), "no refused token is in the log");
    assertTrue(receiver.spans().size() > 10, "spans: " + receiver.spans().size());
    assertTrue(errors.size() > 20, "errors: " + errors.size());
  }

  private Path directory() {
    return installation.files().file("");
  }

  private String name(Path file) {
    return directory().relativize(file).toString();
  }

  private static boolean isDump(String name) {
    var file = Path.of(name).getFileName().toString();
    return file.startsWith("core") || file.startsWith("hs_err") || file.endsWith(".hprof");
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private String createKey(String label) {
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent("keyRings/app")
            .setCryptoKeyId("guarded")
            .setCryptoKey(
                CryptoKey.newBuilder()
                    .setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT)
                    .putLabels("note", label.toLowerCase(java.util.Locale.ROOT)))
            .build();
    labels.hide("label", label.toLowerCase(java.util.Locale.ROOT));
    return new Calls(channels.of("all")).keys().createCryptoKey(request).getName();
  }

  /// Calls that succeed and calls that fail in every way that reads what they bring.
  private void use(Channel channel, String key) {
    var calls = new Calls(channel);
    var plaintext = ByteString.copyFromUtf8(secrets.hide("plaintext"));
    var aad = secrets.hide("additional data");
    attempt(() -> {
      var sealed = calls.encrypt(key, plaintext, aad).getCiphertext();
      assertEquals(plaintext, calls.decrypt(key, sealed, aad).getPlaintext());
      attempt(() -> calls.decrypt(key, sealed, secrets.hide("wrong additional data")));
      attempt(() -> calls.decrypt(key, sealed.concat(plaintext), aad));
      return sealed;
    });
    attempt(() -> calls.decrypt(key, plaintext, aad));
    attempt(() -> calls.reEncrypt(key, plaintext, aad, key, secrets.hide("new additional data")));
    attempt(() ->
        calls.reEncrypt(key, calls.encrypt(key, plaintext, aad).getCiphertext(), aad, key, aad));
    attempt(() -> calls.generateDataKey(key, 0, aad, false));
    attempt(() -> calls.macSign(key + "/cryptoKeyVersions/1", plaintext));
    attempt(() -> calls.macVerify(key + "/cryptoKeyVersions/1", plaintext, plaintext));
    attempt(() ->
        calls
            .crypto()
            .batchDecrypt(
                BatchDecryptRequest.newBuilder()
                    .setName(key)
                    .addItems(BatchDecryptRequest.Item.newBuilder().setCiphertext(plaintext))
                    .build()));
    attempt(() -> calls.encrypt("keyRings/app/cryptoKeys/missing", plaintext, aad));
    attempt(() -> calls.encrypt("keyRings/other/cryptoKeys/foreign", plaintext, aad));
    attempt(() -> calls.encrypt("no name", plaintext, aad));
    var large = ByteString.copyFromUtf8(secrets.hide("large plaintext").repeat(5_000));
    attempt(() -> calls.encrypt(key, large, aad));
    var huge = ByteString.copyFromUtf8(secrets.hide("huge plaintext").repeat(100_000));
    attempt(() -> calls.encrypt(key, huge, aad));
    attempt(() ->
        CryptoServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(1, TimeUnit.MILLISECONDS)
            .encrypt(
                dev.keyservice.v1.EncryptRequest.newBuilder()
                    .setName(key)
                    .setPlaintext(plaintext)
                    .build()));
    attempt(calls::whoAmI);
    for (var method : List.of("Encrypt", "NoSuchMethod")) {
      attempt(() -> callWithGarbage(channel, method));
    }
  }

  private byte[] callWithGarbage(Channel channel, String name) {
    var method =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("keyservice.v1.CryptoService/" + name)
            .build();
    var garbage = "\u0007" + secrets.hide("garbage");
    return ClientCalls.blockingUnaryCall(
        channel,
        method,
        CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
        garbage.getBytes(StandardCharsets.UTF_8));
  }

  private void useWithMetadata(Channel channel, String key) {
    var headers = new Metadata();
    headers.put(ascii("x-session"), secrets.hide("metadata"));
    headers.put(ascii("cookie"), secrets.hide("cookie"));
    headers.put(ascii("baggage"), "session=" + secrets.hide("baggage"));
    headers.put(ascii("x-request-id"), "not one: " + secrets.hide("unfit request ID"));
    headers.put(
        Metadata.Key.of("x-session-bin", Metadata.BINARY_BYTE_MARSHALLER),
        secrets.hide("binary metadata").getBytes(StandardCharsets.UTF_8));
    use(
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
        key);
  }

  private void useWithTokens(String key) {
    var issuer = installation.issuer();
    var good = issuer.token("alice", draft -> draft.claim("note", secrets.hide("claim")));
    var expired =
        issuer.token(
            "alice",
            draft -> {
              draft.claim("note", secrets.hide("claim of an expired token"));
              draft.issued(Instant.now().minusSeconds(600));
              draft.expires(Instant.now().minusSeconds(300));
            });
    var forged = good.substring(0, good.lastIndexOf('.') + 1) + secrets.hide("signature");
    var elsewhere = issuer.token("alice", draft -> draft.claim("aud", secrets.hide("audience")));
    for (var token : List.of(good, expired, forged, elsewhere, secrets.hide("no token"))) {
      hideToken(token);
      for (var channel : List.of(channels.anonymous(), channels.of("app"))) {
        attempt(() -> new Calls(Bearer.on(channel, token)).whoAmI());
        attempt(() ->
            new Calls(Bearer.on(channel, token))
                .encrypt(key, ByteString.copyFromUtf8(secrets.hide("plaintext")), ""));
      }
    }
    var basic = secrets.hide("password");
    attempt(() -> new Calls(Bearer.withHeaders(channels.anonymous(), "Basic " + basic)).whoAmI());
    attempt(() -> new Calls(Bearer.withHeaders(channels.of("app"), good, good)).whoAmI());
  }

  /// Whole, and each of its parts but the first, which all tokens share.
  private void hideToken(String token) {
    secrets.hide("token", token);
    Stream.of(token.split("\\.")).skip(1).forEach(part -> secrets.hide("part of a token", part));
  }

  /// Keeps all that the caller is told when it fails.
  private void attempt(Supplier<?> call) {
    try {
      var _ = call.get();
    } catch (StatusRuntimeException e) {
      errors.add(String.valueOf(e.getMessage()));
      var trailers = e.getTrailers();
      if (trailers != null) {
        trailers.keys().forEach(name -> errors.add(name + ": " + latin1(trailers, name)));
      }
    }
  }

  private static String latin1(Metadata trailers, String name) {
    return name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        ? new String(
            trailers.get(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER)),
            StandardCharsets.ISO_8859_1)
        : trailers.get(ascii(name));
  }

  private static Metadata.Key<String> ascii(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
