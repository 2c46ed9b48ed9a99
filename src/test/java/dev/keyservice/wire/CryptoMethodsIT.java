package dev.keyservice.wire;

import static dev.keyservice.testing.AuditTrail.count;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import dev.keyservice.v1.CryptoKeyVersionTemplate;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged service does with keys beside Encrypt and Decrypt: tags, data keys, random
/// bytes, and ciphertexts that go from one key to another.
class CryptoMethodsIT {
  private static final ByteString TEXT = Confided.PLAINTEXT;
  private static final String AAD = Confided.AAD;
  private static final String OTHER_AAD = "other " + Confided.AAD;
  private static final int LARGEST = 65_536;

  private static final String POLICY =
      """
        - name: only-from
          callers: ["cn:from"]
          roles: [from]
          keys: ["moved/*"]
        - name: only-to
          callers: ["cn:to"]
          roles: [to]
          keys: ["moved/*"]
        - name: verifiers
          callers: ["cn:verifies"]
          roles: [verifier]
          keys: ["tags/*"]
        - name: movers
          callers: ["cn:moves"]
          roles: [reencrypter]
          keys: ["moved/source"]
        - name: movers-to
          callers: ["cn:moves"]
          roles: [to]
          keys: ["moved/destination"]
      roles:
        from: [crypto.reencrypt-from]
        to: [crypto.reencrypt-to]
      """;

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls all;
  private static Calls admin;
  private static Calls app;
  private static String source;
  private static String destination;
  private static String tagging;

  @BeforeAll
  static void start() throws IOException {
    installation = Installation.create();
    for (var caller : List.of("from", "to", "verifies", "moves")) {
      installation.save(caller, installation.ca().client(caller));
    }
    var policy = installation.file("policy.yaml");
    Files.writeString(policy, Files.readString(policy) + POLICY);
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    all = caller("all");
    admin = caller("admin");
    app = caller("app");
    source = admin.createKey("moved", "source").getName();
    destination = admin.createKey("moved", "destination").getName();
    tagging = version(admin.createKey("tags", "webhooks", CryptoKey.Purpose.MAC));
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private static Calls caller(String name) {
    return new Calls(channels.of(name));
  }

  private static String version(CryptoKey key) {
    return key.getName() + "/cryptoKeyVersions/1";
  }

  @ParameterizedTest
  @CsvSource({
    "CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED, 32",
    "HMAC_SHA256, 32",
    "HMAC_SHA384, 48",
    "HMAC_SHA512, 64"
  })
  void aTagIsThatOfTheDataAloneUnderItsVersion(Algorithm algorithm, int length) {
    var asked =
        CryptoKey.newBuilder()
            .setPurpose(CryptoKey.Purpose.MAC)
            .setVersionTemplate(CryptoKeyVersionTemplate.newBuilder().setAlgorithm(algorithm));
    var key = admin.createKey("tags", "of-" + algorithm, asked);
    var version = version(key);

    var signed = all.macSign(version, TEXT);

    assertFalse(key.hasPrimary());
    assertEquals(version, signed.getName());
    assertEquals(length, signed.getMac().size());
    assertEquals(signed.getMac(), all.macSign(version, TEXT).getMac());
    assertTrue(all.macVerify(version, TEXT, signed.getMac()).getSuccess());
    assertEquals(version, all.macVerify(version, TEXT, signed.getMac()).getName());
    for (var wrong :
        List.of(
            flipped(signed.getMac(), 0),
            flipped(signed.getMac(), length - 1),
            signed.getMac().substring(0, length - 1),
            signed.getMac().concat(ByteString.copyFrom(new byte[1])),
            ByteString.copyFrom(new byte[1]),
            ByteString.copyFrom(new byte[LARGEST]))) {
      assertFalse(all.macVerify(version, TEXT, wrong).getSuccess());
    }
    assertFalse(all.macVerify(version, TEXT.concat(TEXT), signed.getMac()).getSuccess());
    assertFalse(all.macVerify(tagging, TEXT, signed.getMac()).getSuccess());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, LARGEST})
  void dataOfAnySizeUpTo64KibHasATag(int size) {
    var data = ByteString.copyFrom(new byte[size]);

    assertTrue(all.macVerify(tagging, data, all.macSign(tagging, data).getMac()).getSuccess());
  }

  @ParameterizedTest
  @CsvSource({"0, 32", "16, 16", "33, 33", "64, 64"})
  void aDataKeyComesInTheClearAndAsACiphertextOfIt(int asked, int length) {
    var dataKey = all.generateDataKey(source, asked, AAD, false);
    var secretly = all.generateDataKey(version(source), asked, AAD, true);

    assertEquals(version(source), dataKey.getName());
    assertEquals(length, dataKey.getPlaintext().size());
    assertEquals(
        dataKey.getPlaintext(), all.decrypt(source, dataKey.getCiphertext(), AAD).getPlaintext());
    assertEquals(ByteString.EMPTY, secretly.getPlaintext());
    var opened = all.decrypt(source, secretly.getCiphertext(), AAD).getPlaintext();
    assertEquals(length, opened.size());
    assertNotEquals(dataKey.getPlaintext(), opened);
    assertCannotDecrypt(() -> all.decrypt(source, dataKey.getCiphertext(), OTHER_AAD));
  }

  @Test
  void randomBytesAreAsManyAsAskedForAndNeverTheSame() {
    var seen = new HashSet<ByteString>();
    for (var i = 0; i < 100; i++) {
      assertTrue(seen.add(all.randomBytes(16)));
    }

    assertEquals(1, all.randomBytes(1).size());
    assertEquals(1024, all.randomBytes(1024).size());
    assertEquals(8, app.randomBytes(8).size());
    assertDenied(() -> admin.randomBytes(8));
  }

  @Test
  void aCiphertextGoesOverToAnotherKeyWithOtherAdditionalData() {
    var old = all.encrypt(source, TEXT, AAD).getCiphertext();

    var moved = caller("moves").reEncrypt(source, old, AAD, destination, OTHER_AAD);

    assertEquals(version(destination), moved.getName());
    assertEquals(version(source), moved.getSourceName());
    assertEquals(TEXT, all.decrypt(destination, moved.getCiphertext(), OTHER_AAD).getPlaintext());
    assertCannotDecrypt(() -> all.decrypt(source, moved.getCiphertext(), OTHER_AAD));
    assertCannotDecrypt(() -> all.decrypt(destination, moved.getCiphertext(), AAD));
  }

  @Test
  void aCiphertextIsMadeAnewUnderTheSameKeyOrAVersionOfIt() {
    var old = all.encrypt(source, TEXT, AAD).getCiphertext();

    for (var name : List.of(source, version(source))) {
      var made = all.reEncrypt(source, old, AAD, name, AAD);
      assertNotEquals(old, made.getCiphertext());
      assertEquals(TEXT, all.decrypt(source, made.getCiphertext(), AAD).getPlaintext());
    }
  }

  @Test
  void whatDoesNotOpenIsRefusedInTheSameWordsAsByDecrypt() {
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();
    var refusals = new HashSet<Refusal>();

    for (var bad : thatDoNotOpen(good)) {
      refusals.add(Refusal.of(() -> all.decrypt(source, bad, AAD)));
      refusals.add(Refusal.of(() -> all.reEncrypt(source, bad, AAD, destination, AAD)));
    }
    refusals.add(Refusal.of(() -> all.decrypt(source, good, OTHER_AAD)));
    refusals.add(Refusal.of(() -> all.reEncrypt(source, good, OTHER_AAD, destination, AAD)));
    refusals.add(Refusal.of(() -> all.reEncrypt(destination, good, AAD, destination, AAD)));

    assertEquals(1, refusals.size(), refusals.toString());
    assertEquals("CANNOT_DECRYPT", refusals.iterator().next().reason());
  }

  /// Changed at its end, of another format, of a version that never was, cut off twice.
  static List<ByteString> thatDoNotOpen(ByteString good) {
    return List.of(
        flipped(good, good.size() - 1),
        flipped(good, 0),
        flipped(good, 4),
        good.substring(0, 3),
        good.substring(0, 20));
  }

  @Test
  void aKeyForSomethingElseIsRefusedAsSuchOnceTheCallerMayUseIt() {
    var key = tagging.substring(0, tagging.indexOf("/cryptoKeyVersions"));
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();
    List<Executable> calls =
        List.of(
            () -> all.encrypt(key, TEXT, AAD),
            () -> all.encrypt(tagging, TEXT, AAD),
            () -> all.decrypt(key, good, AAD),
            () -> all.reEncrypt(key, good, AAD, destination, AAD),
            () -> all.reEncrypt(source, good, AAD, key, AAD),
            () -> all.reEncrypt(source, good, AAD, tagging, AAD),
            () -> all.generateDataKey(key, 0, AAD, false),
            () -> all.macSign(version(source), TEXT),
            () -> all.macVerify(version(source), TEXT, TEXT));

    for (var call : calls) {
      var refusal = Refusal.of(call);
      assertEquals(Status.Code.FAILED_PRECONDITION, refusal.code());
      assertEquals("WRONG_PURPOSE", refusal.reason());
    }
    var refusal = Refusal.of(() -> all.encrypt(key, TEXT, AAD));
    assertEquals(key + " has the purpose MAC", refusal.message());
    assertEquals(key, refusal.metadata().get("resource"));
    assertDenied(() -> app.encrypt(key, TEXT, AAD));
    assertDenied(() -> app.macSign(version(source), TEXT));
  }

  @Test
  void aKeyOfOnePurposeHasNoAlgorithmOfAnother() {
    var asked =
        CryptoKey.newBuilder()
            .setPurpose(CryptoKey.Purpose.MAC)
            .setVersionTemplate(
                CryptoKeyVersionTemplate.newBuilder().setAlgorithm(Algorithm.XAES_256_GCM));

    assertInvalid(
        "crypto_key.version_template.algorithm", () -> admin.createKey("tags", "mixed", asked));
  }

  @Test
  void whatNoBindingGrantsIsDenied() {
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();
    var from = caller("from");
    var to = caller("to");
    var moves = caller("moves");
    var verifies = caller("verifies");
    var missing = "keyRings/moved/cryptoKeys/missing";

    assertDenied(() -> from.reEncrypt(source, good, AAD, destination, AAD));
    assertDenied(() -> to.reEncrypt(source, good, AAD, destination, AAD));
    assertDenied(() -> from.reEncrypt(missing, good, AAD, missing, AAD));
    assertDenied(() -> to.reEncrypt(missing, good, AAD, missing, AAD));
    assertDenied(() -> moves.reEncrypt(destination, good, AAD, source, AAD));
    assertDenied(() -> moves.encrypt(source, TEXT, AAD));
    assertDenied(() -> moves.decrypt(source, good, AAD));
    assertDenied(() -> verifies.macSign(tagging, TEXT));
    assertFalse(verifies.macVerify(tagging, TEXT, TEXT).getSuccess());
    for (var nobody : List.of(caller("unbound"), admin)) {
      assertDenied(() -> nobody.reEncrypt(source, good, AAD, destination, AAD));
      assertDenied(() -> nobody.generateDataKey(source, 0, AAD, false));
      assertDenied(() -> nobody.randomBytes(1));
      assertDenied(() -> nobody.macSign(tagging, TEXT));
      assertDenied(() -> nobody.macVerify(tagging, TEXT, TEXT));
    }
  }

  @Test
  void aFieldThatIsOutOfItsBordersIsRefusedByItsName() {
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();
    var large = "a".repeat(LARGEST);
    var none = ByteString.EMPTY;
    var tooLarge = ByteString.copyFrom(new byte[LARGEST + 1]);
    var largest = all.encrypt(source, TEXT, large).getCiphertext();

    assertTrue(all.reEncrypt(source, largest, large, destination, large).isInitialized());
    assertTrue(all.generateDataKey(source, 0, large, false).isInitialized());

    var src = "source_additional_authenticated_data";
    var dst = "destination_additional_authenticated_data";
    assertInvalid("ciphertext", () -> all.reEncrypt(source, none, AAD, destination, AAD));
    assertInvalid(
        "ciphertext",
        () -> all.reEncrypt(source, ByteString.copyFrom(new byte[66_561]), AAD, destination, AAD));
    assertInvalid(src, () -> all.reEncrypt(source, good, large + "a", destination, AAD));
    assertInvalid(dst, () -> all.reEncrypt(source, good, AAD, destination, large + "a"));
    assertInvalid(
        "additional_authenticated_data", () -> all.generateDataKey(source, 0, large + "a", false));
    for (var length : List.of(Integer.MIN_VALUE, -1, 1, 15, 65, Integer.MAX_VALUE)) {
      assertInvalid("length_bytes", () -> all.generateDataKey(source, length, AAD, false));
    }
    for (var length : List.of(Integer.MIN_VALUE, -1, 0, 1025, Integer.MAX_VALUE)) {
      assertInvalid("length_bytes", () -> all.randomBytes(length));
    }
    assertInvalid("data", () -> all.macSign(tagging, tooLarge));
    assertInvalid("data", () -> all.macVerify(tagging, tooLarge, TEXT));
    assertInvalid("mac", () -> all.macVerify(tagging, TEXT, none));
    assertInvalid("mac", () -> all.macVerify(tagging, TEXT, tooLarge));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ring/key",
        "keyRings/ring/cryptoKeys/",
        "keyRings/ring/cryptoKeys/k.y",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/0",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/1/cryptoKeyVersions/1",
        "keyRings/ring/cryptoKeys/key/cryptoKeyVersions/4294967297",
      })
  void aMalformedNameIsRefusedByItsField(String name) {
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();

    assertInvalid("source_name", () -> all.reEncrypt(name, good, AAD, destination, AAD));
    assertInvalid("destination_name", () -> all.reEncrypt(source, good, AAD, name, AAD));
    assertInvalid("name", () -> all.generateDataKey(name, 0, AAD, false));
    assertInvalid("name", () -> all.macSign(name, TEXT));
    assertInvalid("name", () -> all.macVerify(name, TEXT, TEXT));
  }

  @Test
  void aKeyWhereAVersionBelongsIsRefusedAndTheOtherWayRound() {
    var key = tagging.substring(0, tagging.indexOf("/cryptoKeyVersions"));
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();

    assertInvalid("name", () -> all.macSign(key, TEXT));
    assertInvalid("name", () -> all.macVerify(key, TEXT, TEXT));
    assertInvalid("source_name", () -> all.reEncrypt(version(source), good, AAD, destination, AAD));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    var missing = "keyRings/moved/cryptoKeys/missing";
    var good = all.encrypt(source, TEXT, AAD).getCiphertext();
    Function<Executable, String> reason = call -> Refusal.of(call).reason();

    assertEquals("KEY_NOT_FOUND", reason.apply(() -> all.macSign(version(missing), TEXT)));
    assertEquals("KEY_NOT_FOUND", reason.apply(() -> all.generateDataKey(missing, 0, AAD, true)));
    assertEquals(
        "KEY_NOT_FOUND", reason.apply(() -> all.reEncrypt(missing, good, AAD, source, AAD)));
    assertEquals(
        "KEY_NOT_FOUND", reason.apply(() -> all.reEncrypt(source, good, AAD, missing, AAD)));
    var second = tagging.replaceAll("1$", "2");
    assertEquals("VERSION_NOT_FOUND", reason.apply(() -> all.macVerify(second, TEXT, TEXT)));
  }

  @Test
  void theAuditLogHasBothKeysOfACiphertextThatWentOver() throws IOException {
    var from = admin.createKey("moved", "audited-from").getName();
    var to = admin.createKey("moved", "audited-to").getName();
    var old = all.encrypt(from, TEXT, AAD).getCiphertext();

    var _ = all.reEncrypt(from, old, AAD, to, AAD);
    assertDenied(() -> caller("moves").reEncrypt(source, old, AAD, to, AAD));

    var lines = AuditTrail.lines(installation.file("audit"));
    assertEquals(
        1,
        count(
            lines,
            "CryptoService/ReEncrypt",
            "\"sourceKey\":\"" + from + "\",\"sourceVersion\":1",
            "\"key\":\"" + to + "\",\"version\":1"));
    assertEquals(
        1,
        count(
            lines,
            "\"sourceKey\":\""
                + source
                + "\",\"key\":\""
                + to
                + "\",\"code\":\"PERMISSION_DENIED"));
  }

  private static String version(String key) {
    return key + "/cryptoKeyVersions/1";
  }

  private static ByteString flipped(ByteString bytes, int at) {
    var copy = bytes.toByteArray();
    copy[at] ^= 1;
    return ByteString.copyFrom(copy);
  }

  private static void assertCannotDecrypt(Executable call) {
    assertEquals("CANNOT_DECRYPT", Refusal.of(call).reason());
  }

  private static void assertDenied(Executable call) {
    var refusal = Refusal.of(call);
    assertEquals(Status.Code.PERMISSION_DENIED, refusal.code(), refusal.toString());
  }

  private static void assertInvalid(String field, Executable call) {
    var refusal = Refusal.of(call);
    assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
    assertEquals(new ArrayList<>(List.of(field)), refusal.fields());
  }
}
