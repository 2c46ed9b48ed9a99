package dev.keyservice.wire;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.testing.BadTokens;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.testing.TestIssuer;
import dev.keyservice.testing.TraceReceiver;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.RequirementsProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Every method of the API, called by every kind of caller: the outcome is what the method declares
/// in the proto, and who is not authenticated leaves no span. A method that is new and not listed
/// here fails the test.
@Timeout(300)
class AccessMatrixIT {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static final String POLICY =
      """
      bindings:
        - name: insiders
          callers: ["cn:full", {issuer: "https://idp.example", subject: alice}]
          roles: [key-admin, encrypter, decrypter, signer, reencrypter]
          keys: ["app/*"]
        - name: elsewhere
          callers: ["cn:elsewhere", {issuer: "https://idp.example", subject: ellen}]
          roles: [key-admin, encrypter, decrypter, signer, reencrypter]
          keys: ["other/*"]
        - name: with-certificate
          callers: [{issuer: "https://idp.example", group: careful}]
          roles: [key-admin, encrypter, decrypter, signer, reencrypter]
          keys: ["app/*"]
          require: [certificate]
      """;

  private static final String ISSUERS =
      """
      issuers:
        - issuer: https://idp.example
          jwks: jwks.json
          algorithms: [ES256, RS256]
          audience: [keyservice]
          type: [at+jwt]
      """;

  /// A request of each method that succeeds when the caller may.
  private static final Map<String, String> REQUESTS =
      Map.ofEntries(
          Map.entry("KeyService/ListKeyRings", "{}"),
          Map.entry(
              "KeyService/CreateCryptoKey",
              """
              {"parent": "keyRings/app", "cryptoKeyId": "UNIQUE",
               "cryptoKey": {"purpose": "ENCRYPT_DECRYPT"}}
              """),
          Map.entry("KeyService/GetCryptoKey", "{\"name\": \"KEY\"}"),
          Map.entry("KeyService/ListCryptoKeys", "{\"parent\": \"keyRings/app\"}"),
          Map.entry("KeyService/WatchCryptoKeys", "{\"parent\": \"keyRings/app\"}"),
          Map.entry(
              "KeyService/UpdateCryptoKey",
              """
              {"cryptoKey": {"name": "KEY", "labels": {"a": "b"}}, "updateMask": "labels",
               "validateOnly": true}
              """),
          Map.entry("KeyService/GetCryptoKeyVersion", "{\"name\": \"KEY/cryptoKeyVersions/1\"}"),
          Map.entry("KeyService/ListCryptoKeyVersions", "{\"parent\": \"KEY\"}"),
          Map.entry(
              "KeyService/CreateCryptoKeyVersion", "{\"parent\": \"KEY\", \"validateOnly\": true}"),
          Map.entry("KeyService/RotateCryptoKey", "{\"name\": \"KEY\", \"validateOnly\": true}"),
          Map.entry(
              "KeyService/SetPrimaryVersion",
              "{\"name\": \"KEY/cryptoKeyVersions/1\", \"validateOnly\": true}"),
          Map.entry(
              "KeyService/EnableCryptoKeyVersion",
              "{\"name\": \"KEY/cryptoKeyVersions/2\", \"validateOnly\": true}"),
          Map.entry(
              "KeyService/DisableCryptoKeyVersion",
              "{\"name\": \"KEY/cryptoKeyVersions/1\", \"validateOnly\": true}"),
          Map.entry(
              "KeyService/DestroyCryptoKeyVersion",
              "{\"name\": \"KEY/cryptoKeyVersions/1\", \"force\": true, \"validateOnly\": true}"),
          Map.entry(
              "KeyService/RestoreCryptoKeyVersion",
              "{\"name\": \"KEY/cryptoKeyVersions/3\", \"validateOnly\": true}"),
          Map.entry("CryptoService/Encrypt", "{\"name\": \"KEY\", \"plaintext\": \"aGk=\"}"),
          Map.entry("CryptoService/Decrypt", "{\"name\": \"KEY\", \"ciphertext\": \"CIPHERTEXT\"}"),
          Map.entry(
              "CryptoService/ReEncrypt",
              "{\"sourceName\": \"KEY\", \"ciphertext\": \"CIPHERTEXT\", \"destinationName\": \"KEY\"}"),
          Map.entry("CryptoService/BatchEncrypt", "{\"name\": \"KEY\", \"items\": [{}]}"),
          Map.entry("CryptoService/BatchDecrypt", "{\"name\": \"KEY\", \"items\": [{}]}"),
          Map.entry(
              "CryptoService/BatchReEncrypt",
              "{\"sourceName\": \"KEY\", \"destinationName\": \"KEY\", \"items\": [{}]}"),
          Map.entry("CryptoService/GenerateDataKey", "{\"name\": \"KEY\"}"),
          Map.entry("CryptoService/GenerateRandomBytes", "{\"lengthBytes\": 1}"),
          Map.entry("CryptoService/MacSign", "{\"name\": \"TAGGING\", \"data\": \"aGk=\"}"),
          Map.entry("CryptoService/MacVerify", "{\"name\": \"TAGGING\", \"mac\": \"aGk=\"}"),
          Map.entry("AccessService/WhoAmI", "{}"),
          Map.entry(
              "AccessService/TestPermissions",
              "{\"name\": \"KEY\", \"permissions\": [\"crypto.encrypt\"]}"),
          Map.entry(
              "AccessService/ExplainAccess",
              "{\"name\": \"KEY\", \"permission\": \"crypto.encrypt\"}"));

  private static Installation installation;
  private static TraceReceiver traces;
  private static ServiceProcess service;
  private static Channels channels;
  private static final TestIssuer ISSUER = new TestIssuer("https://idp.example");
  private static String ciphertext;
  private static String tagging;
  private static final String KEY = "keyRings/app/cryptoKeys/matrix";
  private static int count;

  /// How far a caller gets.
  private enum Standing {
    /// TLS lets it in no further.
    UNREACHABLE,
    /// Its proof is refused.
    NOBODY,
    /// It is known, and no binding names it.
    UNBOUND,
    /// A binding grants it everything in another ring.
    ELSEWHERE,
    /// A binding grants it everything in the ring of the request.
    BOUND
  }

  /// @param authorization values of the header
  /// @param reason of an UNAUTHENTICATED; empty otherwise
  private record Kind(
      String name, Channel channel, List<String> authorization, Standing standing, String reason) {}

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    for (var caller : List.of("full", "elsewhere")) {
      installation.save(caller, installation.ca().client(caller));
    }
    Files.writeString(installation.file("policy.yaml"), POLICY);
    Files.writeString(installation.file("issuers.yaml"), ISSUERS);
    ISSUER.add(TestIssuer.rsa("rs-1"));
    ISSUER.writeJwks(installation.file("jwks.json"));
    traces = new TraceReceiver();
    var variables = new HashMap<>(traces.variables());
    variables.put("KEYSERVICE_TLS_CLIENT_AUTH", "optional");
    variables.put("KEYSERVICE_ISSUERS_FILE", installation.file("issuers.yaml").toString());
    variables.put("KEYSERVICE_LIMITS_REFUSED_TOKENS", "1000000/s");
    service = ServiceProcess.start(installation, variables);
    channels = new Channels(installation, service.port());
    var full = new Calls(channels.of("full"));
    assertEquals(KEY, full.createKey("app", "matrix").getName());
    prepareVersions(full);
    var encrypted = full.encrypt(KEY, Confided.PLAINTEXT, "").getCiphertext();
    tagging = full.createKey("app", "tagging", CryptoKey.Purpose.MAC).getName();
    tagging += "/cryptoKeyVersions/1";
    ciphertext = Base64.getEncoder().encodeToString(encrypted.toByteArray());
  }

  /// The second disabled, the third to be destroyed.
  private static void prepareVersions(Calls full) {
    var version = CreateCryptoKeyVersionRequest.newBuilder().setParent(KEY).build();
    var _ = full.keys().createCryptoKeyVersion(version);
    var _ = full.keys().createCryptoKeyVersion(version);
    var _ =
        full.keys()
            .disableCryptoKeyVersion(
                DisableCryptoKeyVersionRequest.newBuilder()
                    .setName(KEY + "/cryptoKeyVersions/2")
                    .build());
    var _ =
        full.keys()
            .destroyCryptoKeyVersion(
                DestroyCryptoKeyVersionRequest.newBuilder()
                    .setName(KEY + "/cryptoKeyVersions/3")
                    .build());
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    traces.close();
    installation.close();
  }

  @Test
  void everyMethodAnswersEveryKindOfCallerAsItDeclares() throws InterruptedException {
    assertEquals(
        ServedMethods.all().stream()
            .map(AccessMatrixIT::shortName)
            .collect(Collectors.toCollection(TreeSet::new)),
        new TreeSet<>(REQUESTS.keySet()),
        "each method needs a request here");

    var wrong = new TreeMap<String, String>();
    var cells = 0;
    var refusedTraces = new ArrayList<String>();
    var lastTrace = "";
    for (var kind : kinds()) {
      for (var method : ServedMethods.all()) {
        var trace = "%032x".formatted(0xabcdef0000L + ++count);
        var outcome = outcome(kind, method, trace);
        var expected = expected(kind, method);
        cells++;
        if (!expected.equals(outcome)) {
          wrong.put(kind.name() + " × " + shortName(method), outcome + ", not " + expected);
        }
        if (outcome.startsWith("UNAUTHENTICATED")) {
          refusedTraces.add(trace);
        } else if (kind.standing() != Standing.UNREACHABLE) {
          lastTrace = trace;
        }
      }
    }

    assertEquals(Map.of(), wrong);
    var _ = traces.await(TraceReceiver.inExport(lastTrace));
    var exported = traces.all();
    var spans = refusedTraces.stream().filter(id -> exported.contains(TraceReceiver.inExport(id)));
    assertEquals(List.of(), spans.toList());
    assertTrue(refusedTraces.size() > 100);
    System.out.printf(
        "matrix: %d cells, all as declared; %d UNAUTHENTICATED, 0 of them with a span%n",
        cells, refusedTraces.size());
  }

  @Test
  void whyATokenIsRefusedReachesTheLogAndTheTokenNeverDoes() throws InterruptedException {
    var token = ISSUER.token("alice", draft -> draft.claim("aud", "sentinel-audience"));
    var kind = refused("", channels.anonymous(), List.of("Bearer " + token));

    // Of such lines there is one a second.
    await(() -> {
      var outcome = outcome(kind, whoAmI(), "%032x".formatted(0xabcdef0000L + ++count));
      assertEquals("UNAUTHENTICATED TOKEN_REFUSED", outcome);
      return service.log().contains("message=the token is not for this service");
    });

    assertFalse(service.log().contains(token));
    assertFalse(service.log().contains("sentinel"));
  }

  private static MethodDescriptor whoAmI() {
    return ServedMethods.all().stream()
        .filter(method -> method.getName().equals("WhoAmI"))
        .findFirst()
        .orElseThrow();
  }

  private static List<Kind> kinds() {
    var anonymous = channels.anonymous();
    var full = channels.of("full");
    var kinds = new ArrayList<Kind>();
    kinds.add(certificate("anonymous", anonymous, Standing.NOBODY, "CERTIFICATE_REQUIRED"));
    kinds.add(certificate("no binding", channels.of("unbound"), Standing.UNBOUND, ""));
    kinds.add(certificate("bound certificate", full, Standing.BOUND, ""));
    kinds.add(certificate("foreign CA", channels.of("stranger"), Standing.UNREACHABLE, ""));
    kinds.add(certificate("other ring", channels.of("elsewhere"), Standing.ELSEWHERE, ""));
    kinds.add(
        certificate("nameless", channels.of("nameless"), Standing.NOBODY, "CERTIFICATE_REFUSED"));
    var alice = "Bearer " + ISSUER.token("alice");
    kinds.add(token("token", anonymous, alice, Standing.BOUND));
    kinds.add(
        token(
            "token, scheme in lower case",
            anonymous,
            alice.replace("Bearer", "bearer"),
            Standing.BOUND));
    kinds.add(token("token of an RSA key", anonymous, "Bearer " + rsaToken(), Standing.BOUND));
    kinds.add(
        token(
            "token of another ring",
            anonymous,
            "Bearer " + ISSUER.token("ellen"),
            Standing.ELSEWHERE));
    kinds.add(
        token(
            "token without binding",
            anonymous,
            "Bearer " + ISSUER.token("nobody"),
            Standing.UNBOUND));
    kinds.add(
        token(
            "token that names a certificate's binding",
            anonymous,
            "Bearer " + ISSUER.token("cn:full"),
            Standing.UNBOUND));
    kinds.add(token("token + other certificate", channels.of("unbound"), alice, Standing.BOUND));
    kinds.add(
        token(
            "token without binding + bound certificate",
            full,
            "Bearer " + ISSUER.token("nobody"),
            Standing.UNBOUND));
    var careful =
        "Bearer " + ISSUER.token("carl", draft -> draft.claim("groups", List.of("careful")));
    kinds.add(
        token("token alone where a certificate is required", anonymous, careful, Standing.UNBOUND));
    kinds.add(
        token(
            "token + certificate where one is required",
            channels.of("unbound"),
            careful,
            Standing.BOUND));
    var bound = "Bearer " + boundToken();
    kinds.add(token("token bound to the certificate", full, bound, Standing.BOUND));
    kinds.add(
        refused("token bound to another certificate", channels.of("unbound"), List.of(bound)));
    kinds.add(refused("token bound to a certificate, without one", anonymous, List.of(bound)));
    kinds.add(
        new Kind(
            "token + nameless certificate",
            channels.of("nameless"),
            List.of(alice),
            Standing.NOBODY,
            "CERTIFICATE_REFUSED"));
    kinds.add(refused("two tokens", anonymous, List.of(alice, alice)));
    kinds.add(refused("basic", full, List.of("Basic YWxpY2U6c2VjcmV0")));
    kinds.add(refused("empty", full, List.of("")));
    kinds.add(refused("no scheme", anonymous, List.of(alice.replace("Bearer ", ""))));
    kinds.add(refused("8 KiB and more", anonymous, List.of(alice + "a".repeat(8 << 10))));
    for (var bad : BadTokens.of(ISSUER, "alice").entrySet()) {
      var value = List.of("Bearer " + bad.getValue());
      kinds.add(refused("token: " + bad.getKey(), anonymous, value));
      kinds.add(refused("token: " + bad.getKey() + ", bound certificate", full, value));
    }
    return kinds;
  }

  private static Kind certificate(String name, Channel channel, Standing standing, String reason) {
    return new Kind(name, channel, List.of(), standing, reason);
  }

  private static Kind token(String name, Channel channel, String value, Standing standing) {
    return new Kind(name, channel, List.of(value), standing, "");
  }

  private static Kind refused(String name, Channel channel, List<String> values) {
    return new Kind(name, channel, values, Standing.NOBODY, "TOKEN_REFUSED");
  }

  private static String rsaToken() {
    return ISSUER.token("alice", draft -> draft.signedBy(TestIssuer.rsa("rs-1"), "RS256"));
  }

  private static String boundToken() {
    var confirmation = Map.of("x5t#S256", thumbprint("full"));
    return ISSUER.token("alice", draft -> draft.claim("cnf", confirmation));
  }

  private static String thumbprint(String caller) {
    return org.jose4j.keys.X509Util.x5tS256(installation.certificate(caller));
  }

  /// From what the proto declares.
  private static String expected(Kind kind, MethodDescriptor method) {
    var requirements =
        method.getOptions().getExtension(RequirementsProto.requires).stream()
            .filter(requirement -> requirement.getOnlyIf().isEmpty())
            .toList();
    var onResource = requirements.stream().anyMatch(requirement -> requirement.hasResource());
    return switch (kind.standing()) {
      case UNREACHABLE -> "UNAVAILABLE ";
      case NOBODY -> "UNAUTHENTICATED " + kind.reason();
      case UNBOUND -> requirements.isEmpty() ? "OK" : "PERMISSION_DENIED PERMISSION_DENIED";
      case ELSEWHERE -> onResource ? "PERMISSION_DENIED PERMISSION_DENIED" : "OK";
      case BOUND -> "OK";
    };
  }

  private static String outcome(Kind kind, MethodDescriptor method, String trace) {
    var headers = new Metadata();
    headers.put(TRACEPARENT, "00-" + trace + "-00f067aa0ba902b7-01");
    kind.authorization().forEach(value -> headers.put(AUTHORIZATION, value));
    var channel =
        ClientInterceptors.intercept(
            kind.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
    try {
      call(channel, method);
      return "OK";
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + " " + reason(e);
    }
  }

  private static void call(Channel channel, MethodDescriptor method) {
    var type =
        io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
            .setType(
                method.isServerStreaming()
                    ? io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING
                    : io.grpc.MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(ServedMethods.fullName(method))
            .setRequestMarshaller(marshaller(method.getInputType()))
            .setResponseMarshaller(marshaller(method.getOutputType()))
            .build();
    var options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    if (!method.isServerStreaming()) {
      var _ = ClientCalls.blockingUnaryCall(channel, type, options, request(method));
      return;
    }
    var context = io.grpc.Context.current().withCancellation();
    try {
      context.run(() ->
          ClientCalls.blockingServerStreamingCall(channel, type, options, request(method)).next());
    } finally {
      var _ = context.cancel(null);
    }
  }

  private static io.grpc.MethodDescriptor.Marshaller<DynamicMessage> marshaller(
      com.google.protobuf.Descriptors.Descriptor type) {
    return ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(type));
  }

  private static DynamicMessage request(MethodDescriptor method) {
    var json =
        REQUESTS
            .get(shortName(method))
            .replace("KEY", KEY)
            .replace("TAGGING", tagging)
            .replace("UNIQUE", "k-" + count)
            .replace("CIPHERTEXT", ciphertext);
    var request = DynamicMessage.newBuilder(method.getInputType());
    try {
      JsonFormat.parser().merge(json, request);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(json, e);
    }
    return request.build();
  }

  private static String reason(StatusRuntimeException e) {
    try {
      for (var detail : StatusProto.fromThrowable(e).getDetailsList()) {
        if (detail.is(com.google.rpc.ErrorInfo.class)) {
          return detail.unpack(com.google.rpc.ErrorInfo.class).getReason();
        }
      }
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
    return "";
  }

  private static String shortName(MethodDescriptor method) {
    return method.getService().getName() + "/" + method.getName();
  }
}
