package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.failure.Reason;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DecryptRequest;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged service answers to what it cannot accept.
class BadInputIT {
  private static final int RANDOM_REQUESTS = Boolean.getBoolean("proof.full") ? 10_000 : 500;

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls all;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    all = new Calls(channels.of("all"));
    var _ = all.createKey("ring", "key");
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ring/key",
        "keyRings/ring",
        "keyRings/ring/cryptoKeys/",
        "keyRings//cryptoKeys/key",
        "keyRings/ring/cryptoKeys/key/",
        "keyRings/ring/cryptoKeys/k.y",
        "keyRings/ring/cryptoKeys/ключ",
        "keyRings/ring/cryptoKeys/key\n",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/0",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/01",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/-1",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/4294967297",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/1/cryptoKeyVersions/1",
        "/keyRings/ring/cryptoKeys/key",
        "keyRings/ring/cryptoKeys/../cryptoKeys/key",
      })
  void aMalformedNameIsRefusedByItsField(String name) {
    assertInvalid("name", Refusal.of(() -> all.encrypt(name, ByteString.EMPTY, "")));
  }

  @Test
  void aKeyNameOf63CharactersIsTheLongest() {
    var longest = "k".repeat(63);

    assertTrue(all.createKey("ring", longest).getName().endsWith(longest));
    assertInvalid("crypto_key_id", Refusal.of(() -> all.createKey("ring", longest + "k")));
    assertInvalid("parent", Refusal.of(() -> all.createKey(longest + "k", "key")));
  }

  static Stream<Arguments> badKeys() {
    return Stream.of(
        Arguments.of("crypto_key.purpose", CryptoKey.newBuilder()),
        Arguments.of("crypto_key.purpose", CryptoKey.newBuilder().setPurposeValue(4711)),
        Arguments.of("crypto_key.name", key().setName("keyRings/ring/cryptoKeys/another")),
        Arguments.of(
            "crypto_key.version_template.algorithm",
            key().setVersionTemplate(CryptoKeyVersionTemplate.newBuilder().setAlgorithmValue(99))),
        Arguments.of("crypto_key.labels", key().putLabels("", "x")),
        Arguments.of("crypto_key.labels", key().putLabels("UPPER", "x")),
        Arguments.of("crypto_key.labels.env", key().putLabels("env", "Not Good")),
        Arguments.of("crypto_key.labels", key().putAllLabels(labels(65))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badKeys")
  void aMalformedKeyIsRefusedByItsField(String field, CryptoKey.Builder key) {
    assertInvalid(field, Refusal.of(() -> create("malformed", key)));
    assertEquals(
        Status.Code.NOT_FOUND,
        Refusal.of(() -> all.getKey("keyRings/ring/cryptoKeys/malformed")).code());
  }

  @Test
  void everyBadLabelIsNamedAtOnce() {
    var key = key().putLabels("a", "Bad").putLabels("b", "Bad").putLabels("c", "good");

    var refusal = Refusal.of(() -> create("labels", key));

    assertEquals(List.of("crypto_key.labels.a", "crypto_key.labels.b"), refusal.fields());
  }

  @Test
  void manyBadLabelsStillMakeAnAnswerThatAClientAccepts() {
    var key = key();
    for (var i = 0; i < 64; i++) {
      key.putLabels("l" + i + "x".repeat(59 - i % 10), "Not Good");
    }

    var refusal = Refusal.of(() -> create("labels", key));

    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code());
    assertEquals(16, refusal.fields().size());
  }

  @Test
  void sixtyFourLabelsAreNotTooMany() {
    assertEquals(64, create("labelled", key().putAllLabels(labels(64))).getLabelsCount());
  }

  @Test
  void payloadsAreBounded() {
    var name = "keyRings/ring/cryptoKeys/key";
    var tooLarge = ByteString.copyFrom(new byte[65_537]);
    var ok = all.encrypt(name, ByteString.EMPTY, "a".repeat(65_536));

    assertEquals(45, ok.getCiphertext().size());
    assertInvalid("plaintext", Refusal.of(() -> all.encrypt(name, tooLarge, "")));
    assertInvalid(
        "additional_authenticated_data",
        Refusal.of(() -> all.encrypt(name, ByteString.EMPTY, "a".repeat(65_537))));
    assertInvalid("ciphertext", Refusal.of(() -> all.decrypt(name, ByteString.EMPTY, "")));
    assertInvalid(
        "ciphertext",
        Refusal.of(() -> all.decrypt(name, ByteString.copyFrom(new byte[66_561]), "")));
  }

  @Test
  void decryptTakesAKeyAndNoVersion() {
    var version = "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/1";

    assertInvalid("name", Refusal.of(() -> all.decrypt(version, ByteString.EMPTY, "")));
  }

  @Test
  void aVersionThatIsNotThereIsNotFound() {
    var version = "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/2";

    var refusal = Refusal.of(() -> all.encrypt(version, ByteString.EMPTY, ""));

    assertEquals(Status.Code.NOT_FOUND, refusal.code());
    assertEquals("VERSION_NOT_FOUND", refusal.reason());
  }

  @Test
  void aNegativePageSizeIsRefusedAndALargeOneCapped() {
    assertInvalid("page_size", Refusal.of(() -> all.listKeys("keyRings/ring", -1, "")));
    assertFalse(all.listKeys("keyRings/ring", Integer.MAX_VALUE, "").getCryptoKeysList().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "....", "AAAA", "%%%", "ÄÖÜ"})
  void aPageTokenThatIsNoneIsRefused(String token) {
    assertInvalid("page_token", Refusal.of(() -> all.listKeys("keyRings/ring", 1, token)));
  }

  @Test
  void bytesThatAreNoMessageAreRefusedAsSuch() {
    var refusal = Refusal.of(() -> raw(new byte[] {(byte) 0xff, 1, 2, 3}));

    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code());
    assertEquals("MALFORMED_MESSAGE", refusal.reason());
    assertNoErrorLogged();
  }

  @Test
  void whateverIsSentIsAnsweredByTheContract() {
    var contract = Arrays.stream(Reason.values()).map(Reason::name).toList();
    var random = new Random(20);
    var counts = new TreeMap<String, Integer>();

    for (var i = 0; i < RANDOM_REQUESTS; i++) {
      var bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      var refusal = Refusal.of(() -> raw(bytes));
      counts.merge(refusal.code() + " " + refusal.reason(), 1, Integer::sum);
      assertTrue(contract.contains(refusal.reason()), refusal.toString());
      assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
      assertEquals("keyservice.dev", refusal.domain());
    }
    System.out.println("proof: " + RANDOM_REQUESTS + " random requests answered: " + counts);
    assertEquals("cn:all", all.whoAmI().getCallerId());
    assertNoErrorLogged();
  }

  private static CryptoKey.Builder key() {
    return CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT);
  }

  private static Map<String, String> labels(int count) {
    var labels = new HashMap<String, String>();
    for (var i = 0; i < count; i++) {
      labels.put("label-" + i, "value");
    }
    return labels;
  }

  private static CryptoKey create(String id, CryptoKey.Builder key) {
    return all.keys()
        .createCryptoKey(
            CreateCryptoKeyRequest.newBuilder()
                .setParent("keyRings/ring")
                .setCryptoKeyId(id)
                .setCryptoKey(key)
                .build());
  }

  /// Sends these bytes as the request of Decrypt.
  private static Object raw(byte[] request) {
    MethodDescriptor<byte[], Object> method =
        CryptoServiceGrpc.getDecryptMethod().toBuilder(new Bytes(), new Anything()).build();
    return ClientCalls.blockingUnaryCall(channels.of("all"), method, CallOptions.DEFAULT, request);
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class Anything implements MethodDescriptor.Marshaller<Object> {
    @Override
    public InputStream stream(Object value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Object parse(InputStream stream) {
      try {
        return DecryptRequest.parseFrom(stream);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// What a caller can cause is no fault of the service.
  private static void assertNoErrorLogged() {
    var errors =
        service.lines().stream().filter(line -> line.contains("\"level\":\"ERROR\"")).toList();
    assertEquals(List.of(), errors);
  }

  private static void assertInvalid(String field, Refusal refusal) {
    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
    assertEquals("INVALID_FIELD", refusal.reason());
    assertEquals("keyservice.dev", refusal.domain());
    assertEquals(List.of(field), refusal.fields());
  }
}
