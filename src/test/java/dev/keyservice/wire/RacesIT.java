package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion;
import dev.keyservice.v1.DestroyCryptoKeyVersionRequest;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import dev.keyservice.v1.EnableCryptoKeyVersionRequest;
import dev.keyservice.v1.EncryptResponse;
import dev.keyservice.v1.KeyServiceGrpc.KeyServiceBlockingStub;
import dev.keyservice.v1.ListCryptoKeyVersionsRequest;
import dev.keyservice.v1.RestoreCryptoKeyVersionRequest;
import dev.keyservice.v1.RotateCryptoKeyRequest;
import dev.keyservice.v1.SetPrimaryVersionRequest;
import dev.keyservice.v1.UpdateCryptoKeyRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Fifty callers, each with a connection of its own, who change one key at the same time.
@Timeout(300)
class RacesIT {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final int CALLERS = 50;
  private static final int ROTATIONS = PROOF ? 500 : 150;
  private static final int ENCRYPTERS = 4;
  private static final int ROUNDS = PROOF ? 20 : 1;
  private static final String WON = "won";
  private static final String TOO_LATE = "ABORTED ETAG_MISMATCH";
  private static final String NOT_ALLOWED = "FAILED_PRECONDITION STATE_NOT_ALLOWED";
  private static final ByteString TEXT = ByteString.copyFromUtf8("raced");

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static List<Calls> callers;
  private static Calls one;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
    callers =
        IntStream.range(0, CALLERS).mapToObj(_ -> new Calls(channels.another("all"))).toList();
    callers.forEach(caller -> assertEquals("cn:all", caller.whoAmI().getCallerId()));
    one = callers.getFirst();
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  /// All of them at once: nobody begins before everybody is ready.
  private static <T> List<T> race(IntFunction<T> call) throws Exception {
    var ready = new CountDownLatch(CALLERS);
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      var ends = new ArrayList<Future<T>>();
      for (var caller = 0; caller < CALLERS; caller++) {
        var number = caller;
        ends.add(
            threads.submit(() -> {
              ready.countDown();
              ready.await();
              return call.apply(number);
            }));
      }
      return all(ends);
    }
  }

  private static <T> List<T> all(List<Future<T>> ends) throws Exception {
    var results = new ArrayList<T>();
    for (var end : ends) {
      results.add(end.get());
    }
    return results;
  }

  @Test
  void rotationsLeaveOnePrimaryAndVersionsWithoutGaps() throws Exception {
    var key = one.createKey("raced", "rotated").getName();
    var begin = System.nanoTime();
    var made = new ConcurrentLinkedQueue<EncryptResponse>();
    List<Integer> primaries;
    var going = new AtomicBoolean(true);
    try (var encrypters = Executors.newFixedThreadPool(ENCRYPTERS)) {
      var ends = encryptWhile(going, encrypters, key, made);
      try {
        primaries = rotations(key);
      } finally {
        going.set(false);
      }
      var count = all(ends).stream().mapToInt(Integer::intValue).sum();
      assertEquals(count, made.size());
    }
    var seconds = Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1e3;

    var versions = versions(key);
    assertEquals(
        IntStream.rangeClosed(2, ROTATIONS + 1).boxed().toList(), primaries, "one answer each");
    assertEquals(
        IntStream.rangeClosed(1, ROTATIONS + 1).boxed().toList(),
        versions.stream().map(RacesIT::number).toList());
    assertEquals(ROTATIONS + 1, number(one.getKey(key).getPrimary()));
    assertFalse(made.isEmpty());
    assertAllDecrypt(key, made);
    System.out.printf(
        "proof: %d rotations of one key by %d callers in %.1f s: 1 primary, versions 1 to %d without"
            + " gaps, %d ciphertexts of %d versions made meanwhile decrypt%n",
        ROTATIONS,
        CALLERS,
        seconds,
        versions.size(),
        made.size(),
        made.stream().map(EncryptResponse::getName).distinct().count());
  }

  private static List<Future<Integer>> encryptWhile(
      AtomicBoolean going, ExecutorService threads, String key, Queue<EncryptResponse> made) {
    var ends = new ArrayList<Future<Integer>>();
    for (var caller : callers.subList(0, ENCRYPTERS)) {
      ends.add(
          threads.submit(() -> {
            var count = 0;
            for (; going.get(); count++) {
              made.add(caller.encrypt(key, TEXT, ""));
            }
            return count;
          }));
    }
    return ends;
  }

  /// The number of the primary after each rotation, as its answer says.
  private static List<Integer> rotations(String key) throws Exception {
    return race(caller ->
            IntStream.range(0, ROTATIONS / CALLERS)
                .mapToObj(_ -> rotate(callers.get(caller), key))
                .toList())
        .stream()
        .flatMap(Collection::stream)
        .sorted()
        .toList();
  }

  private static int rotate(Calls caller, String key) {
    var request = RotateCryptoKeyRequest.newBuilder().setName(key).build();
    return number(caller.keys().rotateCryptoKey(request).getPrimary());
  }

  private static int number(CryptoKeyVersion version) {
    return Integer.parseInt(version.getName().replaceFirst(".*/", ""));
  }

  private static List<CryptoKeyVersion> versions(String key) {
    var request = ListCryptoKeyVersionsRequest.newBuilder().setParent(key).setPageSize(200);
    var versions = new ArrayList<CryptoKeyVersion>();
    do {
      var page = one.keys().listCryptoKeyVersions(request.build());
      versions.addAll(page.getCryptoKeyVersionsList());
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    return versions;
  }

  private static void assertAllDecrypt(String key, Queue<EncryptResponse> made) throws Exception {
    var left = new ConcurrentLinkedQueue<>(made);
    var _ =
        race(caller -> {
          for (var next = left.poll(); next != null; next = left.poll()) {
            var opened = callers.get(caller).decrypt(key, next.getCiphertext(), "");
            assertEquals(TEXT, opened.getPlaintext());
            assertEquals(next.getName(), opened.getName());
          }
          return caller;
        });
  }

  /// A change of one version, or of its key, on the condition that the key has this etag.
  @FunctionalInterface
  private interface Change {
    Object by(KeyServiceBlockingStub keys, String etag);
  }

  /// In an order in which each is legal, to begin with an enabled version.
  private static List<Map.Entry<String, Change>> changes(String key, String version) {
    return List.of(
        Map.entry("set primary", setPrimary(version)),
        Map.entry("disable", disable(version)),
        Map.entry("enable", enable(version)),
        Map.entry("destroy", destroy(version)),
        Map.entry("restore", restore(version)),
        Map.entry("enable again", enable(version)),
        Map.entry("protect", protect(key, true)),
        Map.entry("protect no more", protect(key, false)),
        Map.entry("make a version", createVersion(key)),
        Map.entry("rotate", rotation(key)));
  }

  private static Change setPrimary(String version) {
    return (keys, etag) ->
        keys.setPrimaryVersion(
            SetPrimaryVersionRequest.newBuilder().setName(version).setEtag(etag).build());
  }

  private static Change disable(String version) {
    return (keys, etag) ->
        keys.disableCryptoKeyVersion(
            DisableCryptoKeyVersionRequest.newBuilder().setName(version).setEtag(etag).build());
  }

  private static Change enable(String version) {
    return (keys, etag) ->
        keys.enableCryptoKeyVersion(
            EnableCryptoKeyVersionRequest.newBuilder().setName(version).setEtag(etag).build());
  }

  private static Change destroy(String version) {
    return (keys, etag) ->
        keys.destroyCryptoKeyVersion(
            DestroyCryptoKeyVersionRequest.newBuilder().setName(version).setEtag(etag).build());
  }

  private static Change restore(String version) {
    return (keys, etag) ->
        keys.restoreCryptoKeyVersion(
            RestoreCryptoKeyVersionRequest.newBuilder().setName(version).setEtag(etag).build());
  }

  private static Change protect(String key, boolean whether) {
    return (keys, etag) ->
        keys.updateCryptoKey(
            UpdateCryptoKeyRequest.newBuilder()
                .setCryptoKey(
                    CryptoKey.newBuilder()
                        .setName(key)
                        .setDeletionProtection(whether)
                        .setEtag(etag))
                .setUpdateMask(FieldMask.newBuilder().addPaths("deletion_protection"))
                .build());
  }

  private static Change createVersion(String key) {
    return (keys, etag) ->
        keys.createCryptoKeyVersion(
            CreateCryptoKeyVersionRequest.newBuilder().setParent(key).setEtag(etag).build());
  }

  private static Change rotation(String key) {
    return (keys, etag) ->
        keys.rotateCryptoKey(
            RotateCryptoKeyRequest.newBuilder().setName(key).setEtag(etag).build());
  }

  @Test
  void ofFiftyCallersWithOneEtagExactlyOneMakesTheChange() throws Exception {
    var key = one.createKey("raced", "changed");
    var changes = changes(key.getName(), key.getPrimary().getName());
    var before = revision();

    for (var round = 0; round < ROUNDS; round++) {
      for (var change : changes) {
        var seen = one.getKey(key.getName()).getEtag();

        var outcomes = race(caller -> outcome(callers.get(caller), change.getValue(), seen));

        assertEquals(Map.of(WON, 1, TOO_LATE, CALLERS - 1), counted(outcomes), change.getKey());
        assertNotEquals(seen, one.getKey(key.getName()).getEtag());
      }
    }

    var races = ROUNDS * changes.size();
    assertEquals(before + races, revision(), "one entry of the change log for each race");
    System.out.printf(
        "proof: %d races of %d callers with one etag, over %d kinds of change: %d made it, %d were"
            + " told %s, nothing else%n",
        races, CALLERS, changes.size(), races, races * (CALLERS - 1), TOO_LATE);
  }

  @Test
  void ofFiftyDifferentChangesWithOneEtagExactlyOneIsMade() throws Exception {
    var key = one.createKey("raced", "mixed");
    var version = key.getPrimary().getName();
    var changes =
        List.of(
            setPrimary(version),
            disable(version),
            destroy(version),
            protect(key.getName(), true),
            rotation(key.getName()));
    var before = revision();

    var outcomes =
        race(caller ->
            outcome(callers.get(caller), changes.get(caller % changes.size()), key.getEtag()));

    assertEquals(Map.of(WON, 1, TOO_LATE, CALLERS - 1), counted(outcomes));
    assertEquals(before + 1, revision());
  }

  /// Whoever comes second finds the version in the state to which the first has brought it.
  @Test
  void withoutAnEtagTheStateLetsOneOfFiftyThrough() throws Exception {
    var version = one.createKey("raced", "states").getPrimary().getName();
    var changes =
        List.of(
            disable(version), enable(version), destroy(version), restore(version), enable(version));

    for (var change : changes) {
      var outcomes = race(caller -> outcome(callers.get(caller), change, ""));

      assertEquals(Map.of(WON, 1, NOT_ALLOWED, CALLERS - 1), counted(outcomes));
    }
    System.out.printf(
        "proof: %d races of %d callers without an etag: 1 each changed the state, %d were told %s%n",
        changes.size(), CALLERS, changes.size() * (CALLERS - 1), NOT_ALLOWED);
  }

  private static String outcome(Calls caller, Change change, String etag) {
    try {
      var _ = change.by(caller.keys(), etag);
      return WON;
    } catch (StatusRuntimeException e) {
      var refusal =
          Refusal.of(() -> {
            throw e;
          });
      return refusal.code() + " " + refusal.reason();
    }
  }

  private static Map<String, Integer> counted(List<String> outcomes) {
    return outcomes.stream()
        .collect(Collectors.toMap(Function.identity(), _ -> 1, Integer::sum, TreeMap::new));
  }

  private static long revision() {
    return Management.of(service).metric("keyservice_store_revision").get().longValue();
  }
}
