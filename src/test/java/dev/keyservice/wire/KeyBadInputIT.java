package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.EnableCryptoKeyVersionRequest;
import dev.keyservice.v1.GetCryptoKeyVersionRequest;
import dev.keyservice.v1.KeyServiceGrpc.KeyServiceBlockingStub;
import dev.keyservice.v1.ListCryptoKeyVersionsRequest;
import dev.keyservice.v1.ListCryptoKeysRequest;
import dev.keyservice.v1.RestoreCryptoKeyVersionRequest;
import dev.keyservice.v1.RotateCryptoKeyRequest;
import dev.keyservice.v1.SetPrimaryVersionRequest;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import io.grpc.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the methods that change keys answer to what they cannot accept, field by field.
class KeyBadInputIT {
  private static final String KEY = "keyRings/ring/cryptoKeys/key";
  private static final String VERSION = KEY + "/cryptoKeyVersions/1";
  private static final String A_UUID = "123e4567-e89b-42d3-a456-426614174000";

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls all;
  private static CryptoKey before;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    all = new Calls(channels.of("all"));
    before = all.createKey("ring", "key");
  }

  @AfterAll
  static void stop() {
    assertEquals(before, all.getKey(KEY), "nothing was changed by all that");
    channels.close();
    service.close();
    installation.close();
  }

  private static KeyServiceBlockingStub keys() {
    return all.keys();
  }

  /// Each method that is about a key, with what names it.
  private static Map<String, BiFunction<String, String, Object>> onKeys() {
    return Map.of(
        "name",
        (name, id) ->
            keys()
                .rotateCryptoKey(
                    RotateCryptoKeyRequest.newBuilder().setName(name).setRequestId(id).build()),
        "parent",
        (name, id) ->
            keys()
                .createCryptoKeyVersion(
                    CreateCryptoKeyVersionRequest.newBuilder()
                        .setParent(name)
                        .setRequestId(id)
                        .build()),
        "crypto_key.name",
        (name, id) ->
            keys()
                .updateCryptoKey(
                    UpdateCryptoKeyRequest.newBuilder()
                        .setCryptoKey(CryptoKey.newBuilder().setName(name))
                        .setUpdateMask(FieldMask.newBuilder().addPaths("labels"))
                        .setRequestId(id)
                        .build()));
  }

  /// Each method that is about a version.
  private static List<BiFunction<String, String, Object>> onVersions() {
    return List.of(
        (name, id) ->
            keys()
                .setPrimaryVersion(
                    SetPrimaryVersionRequest.newBuilder().setName(name).setRequestId(id).build()),
        (name, id) ->
            keys()
                .enableCryptoKeyVersion(
                    EnableCryptoKeyVersionRequest.newBuilder()
                        .setName(name)
                        .setRequestId(id)
                        .build()),
        (name, id) ->
            keys()
                .disableCryptoKeyVersion(
                    DisableCryptoKeyVersionRequest.newBuilder()
                        .setName(name)
                        .setRequestId(id)
                        .build()),
        (name, id) ->
            keys()
                .destroyCryptoKeyVersion(
                    DestroyCryptoKeyVersionRequest.newBuilder()
                        .setName(name)
                        .setRequestId(id)
                        .build()),
        (name, id) ->
            keys()
                .restoreCryptoKeyVersion(
                    RestoreCryptoKeyVersionRequest.newBuilder()
                        .setName(name)
                        .setRequestId(id)
                        .build()));
  }

  private static List<BiFunction<String, String, Object>> everyChange() {
    var changes = new ArrayList<>(onVersions());
    changes.addAll(onKeys().values());
    return changes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ring/key", "keyRings/ring", KEY + "/", VERSION, "keyRings/r ng/cryptoKeys/k"})
  void aMalformedNameOfAKeyIsRefusedByItsField(String name) {
    onKeys().forEach((field, method) -> assertInvalid(field, () -> method.apply(name, "")));
    assertInvalid(
        "parent",
        () ->
            keys()
                .listCryptoKeyVersions(
                    ListCryptoKeyVersionsRequest.newBuilder().setParent(name).build()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        KEY,
        KEY + "/cryptoKeyVersions/",
        KEY + "/cryptoKeyVersions/0",
        KEY + "/cryptoKeyVersions/-1",
        KEY + "/cryptoKeyVersions/01",
        KEY + "/cryptoKeyVersions/1000000000"
      })
  void aMalformedNameOfAVersionIsRefusedByItsField(String name) {
    for (var method : onVersions()) {
      assertInvalid("name", () -> method.apply(name, ""));
    }
    assertInvalid(
        "name",
        () ->
            keys()
                .getCryptoKeyVersion(
                    GetCryptoKeyVersionRequest.newBuilder().setName(name).build()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "not-a-uuid",
        "00000000-0000-0000-0000-000000000000",
        "123e4567-e89b-42d3-a456-42661417400",
        "123e4567-e89b-42d3-a456-4266141740000",
        "1-1-1-1-1",
        " " + A_UUID,
        "{" + A_UUID + "}",
        "123e4567e89b42d3a456426614174000"
      })
  void aRequestIdThatIsNoUuidIsRefused(String id) {
    for (var method : onVersions()) {
      assertInvalid("request_id", () -> method.apply(VERSION, id));
    }
    for (var method : onKeys().values()) {
      assertInvalid("request_id", () -> method.apply(KEY, id));
    }
    assertInvalid(
        "request_id",
        () -> keys().createCryptoKey(creation(encrypting()).setRequestId(id).build()));
  }

  @Test
  void aKeyOrVersionThatIsNotThereIsNotFound() {
    for (var method : onVersions()) {
      var refusal = Refusal.of(() -> method.apply(KEY + "/cryptoKeyVersions/999999999", ""));
      assertEquals("VERSION_NOT_FOUND", refusal.reason());
      var nobody = Refusal.of(() -> method.apply(KEY + "x/cryptoKeyVersions/1", ""));
      assertEquals("KEY_NOT_FOUND", nobody.reason());
    }
    for (var method : onKeys().values()) {
      assertEquals("KEY_NOT_FOUND", Refusal.of(() -> method.apply(KEY + "x", "")).reason());
    }
  }

  @Test
  void whoMayNotIsRefusedBeforeAnythingIsLookedUp() {
    var app = all;
    try {
      all = new Calls(channels.of("app"));
      for (var method : everyChange()) {
        var refusal = Refusal.of(() -> method.apply(VERSION.replace("ring/", "gone/"), ""));
        assertEquals(Status.Code.PERMISSION_DENIED, refusal.code(), refusal.toString());
      }
    } finally {
      all = app;
    }
  }

  private static CryptoKey.Builder encrypting() {
    return CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT);
  }

  private static CreateCryptoKeyRequest.Builder creation(CryptoKey.Builder key) {
    return CreateCryptoKeyRequest.newBuilder()
        .setParent("keyRings/ring")
        .setCryptoKeyId("made")
        .setCryptoKey(key);
  }

  private static Timestamp in(long seconds) {
    return Timestamps.fromMillis(Instant.now().toEpochMilli() + seconds * 1_000);
  }

  static Stream<Arguments> badSettings() {
    var none = CryptoKey.newBuilder();
    return Stream.of(
        Arguments.of("rotation_period", set(none).setRotationPeriod(Durations.ZERO)),
        Arguments.of("rotation_period", set(none).setRotationPeriod(Durations.fromSeconds(86_399))),
        Arguments.of("rotation_period", set(none).setRotationPeriod(Durations.fromSeconds(-1))),
        Arguments.of("rotation_period", set(none).setRotationPeriod(Durations.fromHours(876_001))),
        Arguments.of(
            "rotation_period",
            set(none).setRotationPeriod(Duration.newBuilder().setSeconds(Long.MAX_VALUE))),
        Arguments.of(
            "rotation_period",
            set(none).setRotationPeriod(Duration.newBuilder().setSeconds(86_400).setNanos(-1))),
        Arguments.of("next_rotation_time", set(none).setNextRotationTime(in(-1))),
        Arguments.of("next_rotation_time", set(none).setNextRotationTime(in(876_001L * 3_600))),
        Arguments.of(
            "next_rotation_time",
            set(none).setNextRotationTime(Timestamp.newBuilder().setSeconds(Long.MIN_VALUE))),
        Arguments.of(
            "next_rotation_time",
            set(none).setNextRotationTime(in(100).toBuilder().setNanos(1_000_000_000))),
        Arguments.of(
            "destroy_scheduled_duration",
            set(none).setDestroyScheduledDuration(Durations.fromSeconds(86_399))),
        Arguments.of(
            "destroy_scheduled_duration",
            set(none).setDestroyScheduledDuration(Durations.fromHours(2_881))),
        Arguments.of("labels", set(none).putLabels("UPPER", "x")),
        Arguments.of(
            "version_template.algorithm",
            set(none)
                .setVersionTemplate(
                    CryptoKeyVersionTemplate.newBuilder().setAlgorithmValue(4_711))));
  }

  private static CryptoKey.Builder set(CryptoKey.Builder none) {
    return none.clone();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badSettings")
  void aSettingOutOfItsBoundsIsRefusedByItsField(String field, CryptoKey.Builder key) {
    assertInvalid(
        "crypto_key." + field,
        () ->
            keys()
                .updateCryptoKey(
                    UpdateCryptoKeyRequest.newBuilder()
                        .setCryptoKey(key.clone().setName(KEY))
                        .setUpdateMask(FieldMask.newBuilder().addPaths(field))
                        .build()));
    assertInvalid(
        "crypto_key." + field,
        () ->
            keys()
                .createCryptoKey(
                    creation(key.clone().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT)).build()));
  }

  @Test
  void settingsAtTheirBoundsAreTaken() {
    var shortest = Durations.fromDays(1);
    var made =
        keys()
            .createCryptoKey(
                creation(
                        encrypting()
                            .setRotationPeriod(shortest)
                            .setDestroyScheduledDuration(shortest))
                    .setCryptoKeyId("shortest")
                    .build());
    var longest =
        keys()
            .createCryptoKey(
                creation(
                        encrypting()
                            .setRotationPeriod(Durations.fromHours(876_000))
                            .setDestroyScheduledDuration(Durations.fromDays(120)))
                    .setCryptoKeyId("longest")
                    .build());

    assertEquals(shortest, made.getRotationPeriod());
    assertEquals(shortest, made.getDestroyScheduledDuration());
    assertEquals(Durations.fromDays(120), longest.getDestroyScheduledDuration());
  }

  static Stream<List<String>> badMasks() {
    return Stream.of(
        List.of(),
        List.of("name"),
        List.of("purpose"),
        List.of("etag"),
        List.of("*"),
        List.of(""),
        List.of("labels.env"),
        List.of("Labels"),
        List.of("labels", "primary"),
        List.of("version_template.nothing"),
        List.of("crypto_key.labels"));
  }

  @ParameterizedTest
  @MethodSource("badMasks")
  void aMaskOfWhatIsNotThereIsRefused(List<String> paths) {
    assertInvalid(
        "update_mask",
        () ->
            keys()
                .updateCryptoKey(
                    UpdateCryptoKeyRequest.newBuilder()
                        .setCryptoKey(CryptoKey.newBuilder().setName(KEY))
                        .setUpdateMask(FieldMask.newBuilder().addAllPaths(paths))
                        .build()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "x",
        "labels",
        "labels.env",
        "labels.ENV=x",
        "labels.env=X",
        "state=ENABLED",
        "primary.state=enabled",
        "primary.state=UNKNOWN",
        "purpose=",
        "labels.a=b and labels.c=d",
        "labels.a=b AND ",
        " AND labels.a=b",
        "labels.a=b OR labels.c=d",
        "labels.a!=b",
        "ключ=1"
      })
  void aFilterThatMeansNothingIsRefused(String filter) {
    assertInvalid(
        "filter",
        () ->
            keys()
                .listCryptoKeys(
                    ListCryptoKeysRequest.newBuilder()
                        .setParent("keyRings/ring")
                        .setFilter(filter)
                        .build()));
  }

  @Test
  void aFilterIsBounded() {
    var long1000 = "labels.a=b AND ".repeat(66) + "labels.a=b";

    assertEquals(1_000, long1000.length());
    var _ =
        keys()
            .listCryptoKeys(
                ListCryptoKeysRequest.newBuilder()
                    .setParent("keyRings/ring")
                    .setFilter(long1000)
                    .build());
    assertInvalid(
        "filter",
        () ->
            keys()
                .listCryptoKeyVersions(
                    ListCryptoKeyVersionsRequest.newBuilder()
                        .setParent(KEY)
                        .setFilter("state=ENABLED AND ".repeat(60) + "state=ENABLED")
                        .build()));
  }

  @Test
  void pagesOfVersionsAreBounded() {
    assertInvalid("page_size", () -> versions(-1, ""));
    assertInvalid("page_token", () -> versions(1, "AAAA"));
    assertEquals(1, versions(Integer.MAX_VALUE, "").size());
  }

  private static List<CryptoKeyVersion> versions(int size, String token) {
    return keys()
        .listCryptoKeyVersions(
            ListCryptoKeyVersionsRequest.newBuilder()
                .setParent(KEY)
                .setPageSize(size)
                .setPageToken(token)
                .build())
        .getCryptoKeyVersionsList();
  }

  private static void assertInvalid(String field, Executable call) {
    var refusal = Refusal.of(call);
    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
    assertEquals(List.of(field), refusal.fields());
  }
}
