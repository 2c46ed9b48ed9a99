package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.WhoAmIResponse;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What callers can do with the packaged service, over mutual TLS.
class RoundTripIT {
  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls admin;
  private static Calls app;
  private static Calls all;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    admin = new Calls(channels.of("admin"));
    app = new Calls(channels.of("app"));
    all = new Calls(channels.of("all"));
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void aNewKeyHasOneEnabledPrimaryVersion() {
    var key = admin.createKey("ring-a", "fresh");

    assertEquals("keyRings/ring-a/cryptoKeys/fresh", key.getName());
    assertEquals(CryptoKey.Purpose.ENCRYPT_DECRYPT, key.getPurpose());
    assertEquals(CryptoKeyVersion.Algorithm.XAES_256_GCM, key.getVersionTemplate().getAlgorithm());
    assertEquals(
        "keyRings/ring-a/cryptoKeys/fresh/cryptoKeyVersions/1", key.getPrimary().getName());
    assertEquals(CryptoKeyVersion.State.ENABLED, key.getPrimary().getState());
    assertTrue(key.getUid().matches("[0-9a-f-]{36}"), key.getUid());
    assertFalse(key.getEtag().isEmpty());
    assertEquals(key, admin.getKey("keyRings/ring-a/cryptoKeys/fresh"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1023, 65_536})
  void whatIsEncryptedComesBack(int size) {
    var key = all.createKey("sizes", "of-" + size).getName();
    var plaintext = random(size);

    var encrypted = all.encrypt(key, plaintext, "bound");
    var decrypted = all.decrypt(key, encrypted.getCiphertext(), "bound");

    assertEquals(key + "/cryptoKeyVersions/1", encrypted.getName());
    assertEquals(size + 45, encrypted.getCiphertext().size());
    assertArrayEquals(plaintext.toByteArray(), decrypted.getPlaintext().toByteArray());
    assertEquals(key + "/cryptoKeyVersions/1", decrypted.getName());
  }

  @ParameterizedTest
  @CsvSource({"XAES_256_GCM, 45", "AES_256_GCM, 33", "AES_128_GCM, 33", "CHACHA20_POLY1305, 33"})
  void everyAlgorithmEncrypts(CryptoKeyVersion.Algorithm algorithm, int longer) {
    var key = all.createKey("ring-a", algorithm.name(), algorithm);
    var plaintext = random(1_000);

    var encrypted = all.encrypt(key.getName(), plaintext, "bound");
    var decrypted = all.decrypt(key.getName(), encrypted.getCiphertext(), "bound");

    assertEquals(algorithm, key.getVersionTemplate().getAlgorithm());
    assertEquals(algorithm, key.getPrimary().getAlgorithm());
    assertEquals(plaintext.size() + longer, encrypted.getCiphertext().size());
    assertEquals(plaintext, decrypted.getPlaintext());
  }

  @Test
  void encryptingTwiceNeverGivesTheSame() {
    var key = all.createKey("ring-a", "twice").getName();
    var plaintext = Confided.PLAINTEXT;

    var first = all.encrypt(key, plaintext, "");
    var second = all.encrypt(key, plaintext, "");

    assertNotEquals(first.getCiphertext(), second.getCiphertext());
  }

  @Test
  void aNamedVersionEncryptsToo() {
    var key = all.createKey("ring-a", "versioned").getName();

    var encrypted = all.encrypt(key + "/cryptoKeyVersions/1", ByteString.copyFromUtf8("x"), "");

    assertEquals(
        "x", all.decrypt(key, encrypted.getCiphertext(), "").getPlaintext().toStringUtf8());
  }

  @ParameterizedTest
  @CsvSource({
    "cryptoKeyVersions, key",
    "names, cryptoKeyVersions",
    "cryptoKeyVersions, cryptoKeyVersions",
    "cryptoKeys, keyRings"
  })
  void aKeyIsUsedWhateverItAndItsRingAreCalled(String ring, String id) {
    var key = all.createKey(ring, id).getName();

    var byKey = all.encrypt(key, Confided.PLAINTEXT, "");
    var byVersion = all.encrypt(key + "/cryptoKeyVersions/1", Confided.PLAINTEXT, "");

    assertEquals(key, all.getKey(key).getName());
    for (var encrypted : List.of(byKey, byVersion)) {
      assertEquals(key + "/cryptoKeyVersions/1", encrypted.getName());
      assertEquals(
          Confided.PLAINTEXT, all.decrypt(key, encrypted.getCiphertext(), "").getPlaintext());
    }
  }

  @Test
  void everyCiphertextThatDoesNotOpenIsRefusedInTheSameWords() {
    var key = all.createKey("ring-a", "opens").getName();
    var other = all.createKey("ring-a", "other").getName();
    var good = all.encrypt(key, Confided.PLAINTEXT, Confided.AAD).getCiphertext();
    var refusals = new HashSet<Refusal>();

    refusals.add(Refusal.of(() -> all.decrypt(other, good, Confided.AAD)));
    refusals.add(Refusal.of(() -> all.decrypt(key, good, "other aad")));
    refusals.add(Refusal.of(() -> all.decrypt(key, flipped(good, good.size() - 1), Confided.AAD)));
    refusals.add(Refusal.of(() -> all.decrypt(key, flipped(good, 0), Confided.AAD)));
    refusals.add(Refusal.of(() -> all.decrypt(key, flipped(good, 4), Confided.AAD)));
    refusals.add(Refusal.of(() -> all.decrypt(key, good.substring(0, 3), Confided.AAD)));
    refusals.add(Refusal.of(() -> all.decrypt(key, good.substring(0, 20), Confided.AAD)));

    assertEquals(1, refusals.size(), refusals.toString());
    var refusal = refusals.iterator().next();
    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code());
    assertEquals("CANNOT_DECRYPT", refusal.reason());
  }

  @Test
  void listsShowInPagesOnlyWhatTheCallerMayView() {
    for (var name : List.of("k1", "k2", "k3", "k4", "k5")) {
      var _ = admin.createKey("app", name);
    }
    var _ = admin.createKey("not-app", "hidden");

    var names = new ArrayList<String>();
    var token = "";
    do {
      var page = app.listKeys("keyRings/app", 2, token);
      page.getCryptoKeysList().forEach(key -> names.add(key.getName()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());

    assertEquals(
        List.of("k1", "k2", "k3", "k4", "k5"),
        names.stream().map(name -> name.substring(name.lastIndexOf('/') + 1)).toList());
    assertEquals(List.of(), app.listKeys("keyRings/not-app", 0, "").getCryptoKeysList());
    assertEquals(List.of("keyRings/app"), app.listRings());
    assertTrue(admin.listRings().contains("keyRings/not-app"));
  }

  @Test
  void aPageTokenIsOfNoUseToAnotherCallerOrForAnotherList() {
    var _ = admin.createKey("paged", "sentinel");
    var _ = admin.createKey("paged", "tail");
    var token = admin.listKeys("keyRings/paged", 1, "").getNextPageToken();

    assertFalse(token.isEmpty());
    var content = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.ISO_8859_1);
    assertFalse(content.contains("sentinel"), "the token tells the name of a key");
    for (var refusal :
        List.of(
            Refusal.of(() -> all.listKeys("keyRings/paged", 1, token)),
            Refusal.of(() -> admin.listKeys("keyRings/other", 1, token)),
            Refusal.of(() -> admin.listKeys("keyRings/paged", 1, token + "A")))) {
      assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code());
      assertEquals(List.of("page_token"), refusal.fields());
    }
  }

  @Test
  void tellsACallerAsWhomItIsKnown() {
    var spiffe = new Calls(channels.of("spiffe")).whoAmI();

    assertEquals("cn:app", app.whoAmI().getCallerId());
    assertEquals("app", app.whoAmI().getCommonName());
    assertEquals(Installation.SPIFFE_ID, spiffe.getCallerId());
    assertEquals("spiffe", spiffe.getCommonName());
    assertEquals(WhoAmIResponse.Authentication.CERTIFICATE, spiffe.getAuthentication());
    assertTrue(spiffe.hasExpireTime());
  }

  @Test
  void healthIsAnsweredForTheServerAndEachService() {
    var health = HealthGrpc.newBlockingStub(channels.of("unbound"));

    for (var name :
        List.of(
            "",
            "keyservice.v1.KeyService",
            "keyservice.v1.CryptoService",
            "keyservice.v1.AccessService")) {
      var answer = health.check(HealthCheckRequest.newBuilder().setService(name).build());
      assertEquals(ServingStatus.SERVING, answer.getStatus(), name);
    }
    var unknown =
        Refusal.belowTheService(
            () -> health.check(HealthCheckRequest.newBuilder().setService("no").build()));
    assertEquals(Status.Code.NOT_FOUND, unknown.code());
  }

  @Test
  void whatNoBindingGrantsIsDenied() {
    var key = admin.createKey("ring-a", "guarded").getName();
    var unbound = new Calls(channels.of("unbound"));
    var text = ByteString.copyFromUtf8("x");

    for (var refusal :
        List.of(
            Refusal.of(() -> unbound.getKey(key)),
            Refusal.of(() -> unbound.listRings()),
            Refusal.of(() -> unbound.listKeys("keyRings/ring-a", 0, "")),
            Refusal.of(() -> unbound.createKey("ring-a", "mine")),
            Refusal.of(() -> admin.encrypt(key, text, "")),
            Refusal.of(() -> admin.decrypt(key, text, "")),
            Refusal.of(() -> app.createKey("app", "mine")),
            Refusal.of(() -> app.encrypt(key, text, "")))) {
      assertEquals(Status.Code.PERMISSION_DENIED, refusal.code());
      assertEquals("PERMISSION_DENIED", refusal.reason());
    }
  }

  @Test
  void aMissingAndAForbiddenKeyAreRefusedAlike() {
    var _ = admin.createKey("ring-a", "there");

    var forbidden = Refusal.of(() -> app.getKey("keyRings/ring-a/cryptoKeys/there"));
    var missing = Refusal.of(() -> app.getKey("keyRings/ring-a/cryptoKeys/nope1"));

    assertEquals(forbidden.code(), missing.code());
    assertEquals(
        forbidden.message().replace("there", "KEY"), missing.message().replace("nope1", "KEY"));
  }

  @Test
  void onlyWhoMayUseAKeyLearnsThatItIsMissing() {
    var missing = "keyRings/app/cryptoKeys/missing";

    var refusal = Refusal.of(() -> app.encrypt(missing, ByteString.EMPTY, ""));

    assertEquals(Status.Code.NOT_FOUND, refusal.code());
    assertEquals("KEY_NOT_FOUND", refusal.reason());
    assertEquals(missing, refusal.metadata().get("resource"));
  }

  @Test
  void aNameIsNeverUsedTwice() {
    var _ = admin.createKey("ring-a", "once");

    var refusal = Refusal.of(() -> admin.createKey("ring-a", "once"));

    assertEquals(Status.Code.ALREADY_EXISTS, refusal.code());
    assertEquals("KEY_EXISTS", refusal.reason());
  }

  private static ByteString flipped(ByteString bytes, int at) {
    var copy = bytes.toByteArray();
    copy[at] ^= 1;
    return ByteString.copyFrom(copy);
  }

  private static ByteString random(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
