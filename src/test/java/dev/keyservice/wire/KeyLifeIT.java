package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Eventually;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.CryptoKeyVersion.State;
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
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A key's whole life, as its callers see it.
@Timeout(120)
class KeyLifeIT {
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
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private static KeyServiceBlockingStub keys() {
    return all.keys();
  }

  private static RotateCryptoKeyRequest.Builder rotation(String key) {
    return RotateCryptoKeyRequest.newBuilder().setName(key);
  }

  private static CryptoKey rotate(String key) {
    return keys().rotateCryptoKey(rotation(key).build());
  }

  private static CryptoKeyVersion disable(String version) {
    return keys()
        .disableCryptoKeyVersion(
            DisableCryptoKeyVersionRequest.newBuilder().setName(version).build());
  }

  private static CryptoKeyVersion destroy(String version) {
    return keys()
        .destroyCryptoKeyVersion(
            DestroyCryptoKeyVersionRequest.newBuilder().setName(version).build());
  }

  private static List<CryptoKeyVersion> versions(String key, String filter) {
    return keys()
        .listCryptoKeyVersions(
            ListCryptoKeyVersionsRequest.newBuilder().setParent(key).setFilter(filter).build())
        .getCryptoKeyVersionsList();
  }

  @Test
  void aKeyGoesThroughItsWholeLife() {
    var key = all.createKey("life", "whole");
    var first = key.getPrimary().getName();
    var sealed = all.encrypt(key.getName(), Confided.PLAINTEXT, "").getCiphertext();

    var rotated = rotate(key.getName());
    var second = rotated.getPrimary().getName();
    assertEquals(key.getName() + "/cryptoKeyVersions/2", second);
    assertNotEquals(key.getEtag(), rotated.getEtag());
    assertEquals(second, all.encrypt(key.getName(), Confided.PLAINTEXT, "").getName());
    assertEquals(first, all.decrypt(key.getName(), sealed, "").getName());

    var back =
        keys().setPrimaryVersion(SetPrimaryVersionRequest.newBuilder().setName(first).build());
    assertEquals(first, back.getPrimary().getName());

    assertEquals(State.DISABLED, disable(first).getState());
    var refused = Refusal.of(() -> all.decrypt(key.getName(), sealed, ""));
    assertEquals("VERSION_NOT_ENABLED", refused.reason());
    var enabled =
        keys()
            .enableCryptoKeyVersion(
                EnableCryptoKeyVersionRequest.newBuilder().setName(first).build());
    assertEquals(State.ENABLED, enabled.getState());
    assertEquals(Confided.PLAINTEXT, all.decrypt(key.getName(), sealed, "").getPlaintext());

    var inUse = Refusal.of(() -> destroy(first));
    assertEquals("RECENTLY_USED", inUse.reason());
    assertEquals("3", inUse.metadata().get("uses"));
    var usage = versions(key.getName(), "").getFirst().getUsage();
    assertEquals(3, usage.getCount());
    assertTrue(usage.hasLastUseTime());
    var scheduled =
        keys()
            .destroyCryptoKeyVersion(
                DestroyCryptoKeyVersionRequest.newBuilder().setName(first).setForce(true).build());
    assertEquals(State.DESTROY_SCHEDULED, scheduled.getState());
    var days = Timestamps.between(Timestamps.fromMillis(now()), scheduled.getDestroyTime());
    assertEquals(30, Math.round(days.getSeconds() / 86_400.0));
    assertEquals(
        "VERSION_NOT_ENABLED",
        Refusal.of(() -> all.encrypt(key.getName(), ByteString.EMPTY, "")).reason());

    var restored =
        keys()
            .restoreCryptoKeyVersion(
                RestoreCryptoKeyVersionRequest.newBuilder().setName(first).build());
    assertEquals(State.DISABLED, restored.getState());
    assertFalse(restored.hasDestroyTime());
    var shown =
        keys().getCryptoKeyVersion(GetCryptoKeyVersionRequest.newBuilder().setName(first).build());
    assertEquals(restored, shown.toBuilder().clearUsage().build());
    assertEquals(3, shown.getUsage().getCount());
    assertEquals(
        List.of(second),
        versions(key.getName(), "state=ENABLED").stream().map(CryptoKeyVersion::getName).toList());
  }

  private static long now() {
    return Instant.now().toEpochMilli();
  }

  @Test
  void aKeyWithoutAVersionEncryptsOnceItHasAPrimary() {
    var key =
        keys()
            .createCryptoKey(
                CreateCryptoKeyRequest.newBuilder()
                    .setParent("keyRings/life")
                    .setCryptoKeyId("empty")
                    .setCryptoKey(
                        CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT))
                    .setSkipInitialVersion(true)
                    .build());

    assertFalse(key.hasPrimary());
    assertEquals(
        Status.Code.FAILED_PRECONDITION,
        Refusal.of(() -> all.encrypt(key.getName(), ByteString.EMPTY, "")).code());
    var made =
        keys()
            .createCryptoKeyVersion(
                CreateCryptoKeyVersionRequest.newBuilder().setParent(key.getName()).build());
    assertFalse(all.getKey(key.getName()).hasPrimary());
    var _ =
        keys()
            .setPrimaryVersion(
                SetPrimaryVersionRequest.newBuilder().setName(made.getName()).build());
    assertEquals(made.getName(), all.encrypt(key.getName(), ByteString.EMPTY, "").getName());
  }

  @Test
  void onlyWhatTheMaskNamesIsChanged() {
    var key = all.createKey("life", "masked");
    var wanted =
        CryptoKey.newBuilder()
            .setName(key.getName())
            .putLabels("env", "prod")
            .setDeletionProtection(true)
            .setDestroyScheduledDuration(Durations.fromDays(7))
            .setRotationPeriod(Durations.fromDays(90));

    var labelled = update(wanted, "labels");
    assertEquals(Map.of("env", "prod"), labelled.getLabelsMap());
    assertFalse(labelled.getDeletionProtection());
    assertFalse(labelled.hasRotationPeriod());

    var rest =
        update(
            wanted.clearLabels(),
            "deletion_protection",
            "destroy_scheduled_duration",
            "rotation_period");
    assertEquals(Map.of("env", "prod"), rest.getLabelsMap());
    assertTrue(rest.getDeletionProtection());
    assertEquals(Durations.fromDays(7), rest.getDestroyScheduledDuration());
    assertEquals(Durations.fromDays(90), rest.getRotationPeriod());
    assertEquals(
        90,
        Math.round(
            Timestamps.between(Timestamps.fromMillis(now()), rest.getNextRotationTime())
                    .getSeconds()
                / 86_400.0));
    assertEquals(
        "DELETION_PROTECTED", Refusal.of(() -> destroy(key.getPrimary().getName())).reason());

    var none = update(CryptoKey.newBuilder().setName(key.getName()), "labels", "rotation_period");
    assertEquals(Map.of(), none.getLabelsMap());
    assertFalse(none.hasRotationPeriod());
    assertFalse(none.hasNextRotationTime());
  }

  private static CryptoKey update(CryptoKey.Builder key, String... mask) {
    return keys()
        .updateCryptoKey(
            UpdateCryptoKeyRequest.newBuilder()
                .setCryptoKey(key)
                .setUpdateMask(FieldMask.newBuilder().addAllPaths(List.of(mask)))
                .build());
  }

  @Test
  void aKeyThatIsDueIsRotatedByTheServiceItself() throws InterruptedException {
    var key = all.createKey("life", "due");
    var soon = Timestamps.fromMillis(now() + 1_500);

    var _ =
        update(
            CryptoKey.newBuilder().setName(key.getName()).setNextRotationTime(soon),
            "next_rotation_time");

    Eventually.await(
        () -> all.getKey(key.getName()).getPrimary().getName().endsWith("/cryptoKeyVersions/2"));
    assertFalse(all.getKey(key.getName()).hasNextRotationTime());
  }

  @Test
  void aStaleEtagChangesNothing() {
    var key = all.createKey("life", "etag");
    var _ = rotate(key.getName());

    var refused =
        Refusal.of(
            () -> keys().rotateCryptoKey(rotation(key.getName()).setEtag(key.getEtag()).build()));
    var refusedUpdate = Refusal.of(() -> update(key.toBuilder().putLabels("a", "b"), "labels"));

    assertEquals(Status.Code.ABORTED, refused.code());
    assertEquals("ETAG_MISMATCH", refused.reason());
    assertEquals("ETAG_MISMATCH", refusedUpdate.reason());
    var now = all.getKey(key.getName());
    assertTrue(now.getPrimary().getName().endsWith("/2"));
    var rotated = keys().rotateCryptoKey(rotation(key.getName()).setEtag(now.getEtag()).build());
    assertTrue(rotated.getPrimary().getName().endsWith("/3"));
  }

  @Test
  void validateOnlyChangesNothing() {
    var key = all.createKey("life", "validated");

    var would = keys().rotateCryptoKey(rotation(key.getName()).setValidateOnly(true).build());

    assertTrue(would.getPrimary().getName().endsWith("/2"));
    assertEquals("", would.getEtag());
    assertEquals(key, all.getKey(key.getName()));
    assertEquals(
        "STATE_NOT_ALLOWED",
        Refusal.of(() ->
                keys()
                    .enableCryptoKeyVersion(
                        EnableCryptoKeyVersionRequest.newBuilder()
                            .setName(key.getPrimary().getName())
                            .setValidateOnly(true)
                            .build()))
            .reason());
  }

  @Test
  void aRequestThatIsSentAgainChangesNothingMore() {
    var id = UUID.randomUUID().toString();
    var creation =
        CreateCryptoKeyRequest.newBuilder()
            .setParent("keyRings/life")
            .setCryptoKeyId("once")
            .setCryptoKey(CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT))
            .setRequestId(id)
            .build();
    var created = keys().createCryptoKey(creation);
    assertEquals(created, keys().createCryptoKey(creation));

    var request = rotation(created.getName()).setRequestId(id).build();
    var rotated = keys().rotateCryptoKey(request);
    assertEquals(rotated, keys().rotateCryptoKey(request), "the id of another method is another");
    assertEquals(2, versions(created.getName(), "").size());
    assertEquals(rotated, keys().createCryptoKey(creation), "as it is by now");

    var another =
        Refusal.of(() -> keys().rotateCryptoKey(request.toBuilder().setEtag("x").build()));
    assertEquals(List.of("request_id"), another.fields());
  }

  @Test
  void aRequestIsAuthorisedBeforeItIsAnsweredAgain() {
    var id = UUID.randomUUID().toString();
    var key = all.createKey("life", "authorised");
    var request = rotation(key.getName()).setRequestId(id).build();
    var _ = keys().rotateCryptoKey(request);

    var refused = Refusal.of(() -> new Calls(channels.of("app")).keys().rotateCryptoKey(request));

    assertEquals(Status.Code.PERMISSION_DENIED, refused.code());
    assertEquals("keys.rotate", refused.metadata().get("permission"));
  }

  @Test
  void versionsComePageByPage() {
    var key = all.createKey("life", "pages").getName();
    for (var i = 0; i < 4; i++) {
      var _ = rotate(key);
    }
    var _ = disable(key + "/cryptoKeyVersions/2");
    var seen = new ArrayList<String>();
    var request =
        ListCryptoKeyVersionsRequest.newBuilder()
            .setParent(key)
            .setPageSize(2)
            .setFilter("state=ENABLED AND algorithm=XAES_256_GCM");
    do {
      var page = keys().listCryptoKeyVersions(request.build());
      page.getCryptoKeyVersionsList().forEach(v -> seen.add(v.getName().replaceFirst(".*/", "")));
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    var first = keys().listCryptoKeyVersions(request.clearPageToken().build());

    assertEquals(List.of("1", "3", "4", "5"), seen);
    var other = request.setPageToken(first.getNextPageToken()).clearFilter().build();
    assertEquals(
        List.of("page_token"), Refusal.of(() -> keys().listCryptoKeyVersions(other)).fields());
  }

  @Test
  void keysAreListedByLabelAndState() {
    for (var id : List.of("a", "b", "c")) {
      var key = all.createKey("filtered", id);
      var _ = update(CryptoKey.newBuilder().setName(key.getName()).putLabels("env", id), "labels");
    }
    var _ = disable("keyRings/filtered/cryptoKeys/b/cryptoKeyVersions/1");

    assertEquals(List.of("b"), filtered("labels.env=b"));
    assertEquals(List.of("a", "b", "c"), filtered("labels.env:*"));
    assertEquals(List.of("a", "c"), filtered("primary.state=ENABLED"));
    assertEquals(List.of("c"), filtered("labels.env=c AND primary.state=ENABLED"));
    assertEquals(List.of(), filtered("labels.env=b AND primary.state=ENABLED"));
    assertEquals(List.of("a", "b", "c"), filtered("purpose=ENCRYPT_DECRYPT"));
  }

  private static List<String> filtered(String filter) {
    return keys()
        .listCryptoKeys(
            ListCryptoKeysRequest.newBuilder()
                .setParent("keyRings/filtered")
                .setFilter(filter)
                .build())
        .getCryptoKeysList()
        .stream()
        .map(key -> key.getName().replaceFirst(".*/", ""))
        .toList();
  }

  @Test
  void fiftyCallersWhoRaceForOneTransitionMakeItOnce() throws Exception {
    var version = all.createKey("life", "raced").getPrimary().getName();

    var outcomes =
        race(
            50,
            () -> {
              try {
                return disable(version).getState().name();
              } catch (StatusRuntimeException e) {
                return Refusal.of(
                        () -> {
                          throw e;
                        })
                    .reason();
              }
            });

    assertEquals(1, outcomes.stream().filter("DISABLED"::equals).count(), outcomes.toString());
    assertEquals(49, outcomes.stream().filter("STATE_NOT_ALLOWED"::equals).count());
  }

  private static List<String> race(int callers, Callable<String> call) throws Exception {
    try (var threads = Executors.newFixedThreadPool(callers)) {
      var outcomes = new ArrayList<String>();
      for (Future<String> each :
          threads.invokeAll(IntStream.range(0, callers).mapToObj(_ -> call).toList())) {
        outcomes.add(each.get());
      }
      return outcomes;
    }
  }

  @Test
  void theAuditLogSaysWhichVersionWasChanged() throws IOException {
    var version = all.createKey("life", "audited").getPrimary().getName();

    var _ = disable(version);

    var record =
        AuditTrail.lines(installation.file("audit")).stream()
            .filter(line -> line.contains("DisableCryptoKeyVersion") && line.contains("audited"))
            .findFirst()
            .orElseThrow();
    assertTrue(record.contains("\"version\":1"), record);
    assertTrue(record.contains("\"revision\":"), record);
  }
}
