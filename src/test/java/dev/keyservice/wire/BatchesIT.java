package dev.keyservice.wire;

import static dev.keyservice.testing.AuditTrail.count;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.keyservice.testing.AuditTrail;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Confided;
import dev.keyservice.testing.Eventually;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.Management;
import dev.keyservice.testing.ServiceProcess;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.BatchDecryptResponse;
import dev.keyservice.v1.BatchEncryptRequest;
import dev.keyservice.v1.BatchEncryptResponse;
import dev.keyservice.v1.BatchReEncryptRequest;
import dev.keyservice.v1.BatchReEncryptResponse;
import dev.keyservice.v1.CreateCryptoKeyVersionRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.DisableCryptoKeyVersionRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged service makes of many items in one call.
class BatchesIT {
  private static final int ROUNDS = Boolean.getBoolean("proof.full") ? 200 : 8;
  private static final ByteString TEXT = Confided.PLAINTEXT;
  private static final ByteString AAD = ByteString.copyFromUtf8(Confided.AAD);
  private static final ByteString NONE = ByteString.EMPTY;
  private static final int MOST = 512;
  private static final int SHARE = (1 << 20) / MOST;

  /// How often a version of a short nonce encrypts here.
  private static final int USES = 1_000;

  /// How many batches are given up while somebody works on them.
  private static final int GIVEN_UP = Boolean.getBoolean("proof.full") ? 100 : 5;

  private static final int BURST = 8;

  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;
  private static Calls all;
  private static String key;
  private static String other;
  private static String tagging;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service =
        ServiceProcess.start(
            installation,
            Map.of(
                "KEYSERVICE_LIMITS_NONCE_USES", "" + USES, "KEYSERVICE_LIMITS_RESETS", "100000"));
    channels = new Channels(installation, service.port());
    all = new Calls(channels.of("all"));
    key = all.createKey("ring", "key").getName();
    other = all.createKey("ring", "other").getName();
    tagging = all.createKey("ring", "tagging", CryptoKey.Purpose.MAC).getName();
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  private static BatchEncryptRequest.Item plain(ByteString plaintext, ByteString aad) {
    return BatchEncryptRequest.Item.newBuilder()
        .setPlaintext(plaintext)
        .setAdditionalAuthenticatedData(aad)
        .build();
  }

  private static BatchDecryptRequest.Item sealed(ByteString ciphertext, ByteString aad) {
    return BatchDecryptRequest.Item.newBuilder()
        .setCiphertext(ciphertext)
        .setAdditionalAuthenticatedData(aad)
        .build();
  }

  private static BatchReEncryptRequest.Item moved(
      ByteString ciphertext, ByteString from, ByteString to) {
    return BatchReEncryptRequest.Item.newBuilder()
        .setCiphertext(ciphertext)
        .setSourceAdditionalAuthenticatedData(from)
        .setDestinationAdditionalAuthenticatedData(to)
        .build();
  }

  private static List<BatchEncryptResponse.Result> encrypt(
      Calls caller, String name, List<BatchEncryptRequest.Item> items) {
    var request = BatchEncryptRequest.newBuilder().setName(name).addAllItems(items).build();
    return caller.crypto().batchEncrypt(request).getResultsList();
  }

  private static List<BatchDecryptResponse.Result> decrypt(
      Calls caller, String name, List<BatchDecryptRequest.Item> items) {
    var request = BatchDecryptRequest.newBuilder().setName(name).addAllItems(items).build();
    return caller.crypto().batchDecrypt(request).getResultsList();
  }

  private static List<BatchReEncryptResponse.Result> reEncrypt(
      Calls caller, String from, String to, List<BatchReEncryptRequest.Item> items) {
    var request =
        BatchReEncryptRequest.newBuilder()
            .setSourceName(from)
            .setDestinationName(to)
            .addAllItems(items)
            .build();
    return caller.crypto().batchReEncrypt(request).getResultsList();
  }

  @Test
  void theLargestBatchGoesThroughEveryMethodAndKeepsItsOrder() {
    var texts = IntStream.range(0, MOST).mapToObj(i -> text(i, SHARE)).toList();

    var encrypted = encrypt(all, key, texts.stream().map(text -> plain(text, NONE)).toList());
    var ciphertexts = encrypted.stream().map(done -> done.getEncrypted().getCiphertext()).toList();
    var decrypted = decrypt(all, key, ciphertexts.stream().map(c -> sealed(c, NONE)).toList());
    var moved =
        reEncrypt(all, key, other, ciphertexts.stream().map(c -> moved(c, NONE, NONE)).toList());
    var again =
        decrypt(
            all,
            other,
            moved.stream().map(m -> sealed(m.getReEncrypted().getCiphertext(), NONE)).toList());

    assertEquals(MOST, new HashSet<>(ciphertexts).size());
    assertEquals(texts, decrypted.stream().map(d -> d.getDecrypted().getPlaintext()).toList());
    assertEquals(texts, again.stream().map(d -> d.getDecrypted().getPlaintext()).toList());
    assertEquals(key + "/cryptoKeyVersions/1", encrypted.getFirst().getEncrypted().getName());
    assertEquals(key + "/cryptoKeyVersions/1", decrypted.getLast().getDecrypted().getName());
    assertEquals(other + "/cryptoKeyVersions/1", moved.getLast().getReEncrypted().getName());
    assertEquals(key + "/cryptoKeyVersions/1", moved.getLast().getReEncrypted().getSourceName());
  }

  private static ByteString text(int number, int size) {
    var bytes = new byte[size];
    bytes[0] = (byte) (number >> 8);
    bytes[1] = (byte) number;
    return ByteString.copyFrom(bytes);
  }

  @Test
  void aBatchThatIsEmptyOrTooLargeIsRefusedAsAWhole() {
    var full =
        Collections.nCopies(MOST, plain(text(0, SHARE - 1), ByteString.copyFrom(new byte[1])));
    var over = new ArrayList<>(full);
    over.set(3, plain(text(0, SHARE), ByteString.copyFrom(new byte[1])));
    var sealed = sealed(text(0, SHARE + 64 - 1), ByteString.copyFrom(new byte[1]));
    var sealedOver = new ArrayList<>(Collections.nCopies(MOST, sealed));
    sealedOver.set(MOST - 1, sealed(sealed.getCiphertext(), ByteString.copyFrom(new byte[2])));
    var moved =
        moved(text(0, SHARE + 64 - 2), ByteString.copyFrom(new byte[1]), AAD.substring(0, 1));
    var movedOver = new ArrayList<>(Collections.nCopies(MOST, moved));
    movedOver.set(0, moved(moved.getCiphertext(), AAD.substring(0, 2), AAD.substring(0, 1)));

    assertEquals(MOST, encrypt(all, key, full).size());
    assertEquals(MOST, decrypt(all, key, Collections.nCopies(MOST, sealed)).size());
    assertEquals(MOST, reEncrypt(all, key, other, Collections.nCopies(MOST, moved)).size());
    for (Executable call :
        List.<Executable>of(
            () -> encrypt(all, key, List.of()),
            () -> encrypt(all, key, Collections.nCopies(MOST + 1, plain(NONE, NONE))),
            () -> encrypt(all, key, over),
            () -> decrypt(all, key, List.of()),
            () -> decrypt(all, key, Collections.nCopies(MOST + 1, sealed(NONE, NONE))),
            () -> decrypt(all, key, sealedOver),
            () -> reEncrypt(all, key, other, List.of()),
            () ->
                reEncrypt(all, key, other, Collections.nCopies(MOST + 1, moved(NONE, NONE, NONE))),
            () -> reEncrypt(all, key, other, movedOver))) {
      var refusal = Refusal.of(call);
      assertEquals(Status.Code.INVALID_ARGUMENT, refusal.code(), refusal.toString());
      assertEquals(List.of("items"), refusal.fields());
    }
  }

  /// Each is answered as a call for it alone is, to the byte, and the good ones between them too.
  @Test
  void aBadItemIsAnsweredLikeACallForItAloneAndHidesNoOther() {
    var good = all.encrypt(key, TEXT, Confided.AAD).getCiphertext();
    var tooLarge = ByteString.copyFrom(new byte[65_537]);
    var plains =
        List.of(plain(TEXT, AAD), plain(tooLarge, AAD), plain(NONE, NONE), plain(TEXT, tooLarge));
    var sealed = new ArrayList<BatchDecryptRequest.Item>();
    sealed.add(sealed(good, AAD));
    sealed.add(sealed(NONE, AAD));
    sealed.add(sealed(ByteString.copyFrom(new byte[66_561]), AAD));
    sealed.add(sealed(good, tooLarge));
    sealed.add(sealed(good, NONE));
    CryptoMethodsIT.thatDoNotOpen(good).forEach(bad -> sealed.add(sealed(bad, AAD)));
    sealed.add(sealed(good, AAD));

    var encrypted = encrypt(all, key, plains);
    var decrypted = decrypt(all, key, sealed);
    var moved =
        reEncrypt(
            all,
            key,
            other,
            sealed.stream()
                .map(s -> moved(s.getCiphertext(), s.getAdditionalAuthenticatedData(), NONE))
                .toList());

    for (var i = 0; i < plains.size(); i++) {
      var item = plains.get(i);
      var alone =
          status(() ->
              all.crypto()
                  .encrypt(
                      dev.keyservice.v1.EncryptRequest.newBuilder()
                          .setName(key)
                          .setPlaintext(item.getPlaintext())
                          .setAdditionalAuthenticatedData(item.getAdditionalAuthenticatedData())
                          .build()));
      assertEquals(alone, encrypted.get(i).getError());
      assertEquals(alone.getCode() == 0, encrypted.get(i).hasEncrypted());
    }
    for (var i = 0; i < sealed.size(); i++) {
      var item = sealed.get(i);
      var alone =
          status(() ->
              all.crypto()
                  .decrypt(
                      dev.keyservice.v1.DecryptRequest.newBuilder()
                          .setName(key)
                          .setCiphertext(item.getCiphertext())
                          .setAdditionalAuthenticatedData(item.getAdditionalAuthenticatedData())
                          .build()));
      var goesOver =
          status(() ->
              all.crypto()
                  .reEncrypt(
                      dev.keyservice.v1.ReEncryptRequest.newBuilder()
                          .setSourceName(key)
                          .setDestinationName(other)
                          .setCiphertext(item.getCiphertext())
                          .setSourceAdditionalAuthenticatedData(
                              item.getAdditionalAuthenticatedData())
                          .build()));
      assertEquals(alone, decrypted.get(i).getError(), "item " + i);
      assertEquals(alone.getCode() == 0, decrypted.get(i).hasDecrypted());
      assertEquals(goesOver, moved.get(i).getError(), "item " + i);
      assertEquals(alone.getCode() == 0, moved.get(i).hasReEncrypted());
    }
    assertEquals(TEXT, decrypted.getLast().getDecrypted().getPlaintext());
  }

  private static com.google.rpc.Status status(Executable call) {
    try {
      call.execute();
      return com.google.rpc.Status.getDefaultInstance();
    } catch (StatusRuntimeException e) {
      return StatusProto.fromThrowable(e);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatDoesNotOpenIsAnsweredInTheSameBytesWhateverTheCause() {
    var good = all.encrypt(key, TEXT, Confided.AAD).getCiphertext();
    var foreign = all.encrypt(other, TEXT, Confided.AAD).getCiphertext();
    var short12 = all.createKey("ring", "short-nonce", Algorithm.CHACHA20_POLY1305).getName();
    var ofAnotherAlgorithm = all.encrypt(short12, TEXT, Confided.AAD).getCiphertext();
    var bad = new ArrayList<BatchDecryptRequest.Item>();
    CryptoMethodsIT.thatDoNotOpen(good).forEach(c -> bad.add(sealed(c, AAD)));
    bad.add(sealed(good.concat(ByteString.copyFrom(new byte[1])), AAD));
    bad.add(sealed(good, NONE));
    bad.add(sealed(foreign, AAD));
    bad.add(sealed(ofAnotherAlgorithm, AAD));

    var answers = new HashSet<ByteString>();
    var trailers = new HashSet<String>();
    decrypt(all, key, bad).forEach(result -> answers.add(result.getError().toByteString()));
    reEncrypt(
            all,
            key,
            other,
            bad.stream()
                .map(s -> moved(s.getCiphertext(), s.getAdditionalAuthenticatedData(), AAD))
                .toList())
        .forEach(result -> answers.add(result.getError().toByteString()));
    for (var item : bad) {
      var aad = item.getAdditionalAuthenticatedData().toStringUtf8();
      for (var call :
          List.<Executable>of(
              () -> all.decrypt(key, item.getCiphertext(), aad),
              () -> all.reEncrypt(key, item.getCiphertext(), aad, other, ""))) {
        var refused = assertThrows(StatusRuntimeException.class, call);
        answers.add(StatusProto.fromThrowable(refused).toByteString());
        trailers.add(refused.getStatus() + " " + refused.getTrailers());
      }
    }

    assertEquals(1, answers.size());
    assertEquals(1, trailers.size(), trailers.toString());
    System.out.printf(
        "proof: %d ciphertexts that do not open (changed, cut off, too long, of another format,"
            + " version, key, algorithm or AAD), answered in the same bytes by Decrypt, ReEncrypt,"
            + " BatchDecrypt and BatchReEncrypt%n",
        bad.size());
  }

  /// A version that encrypts no more still decrypts, and says so to nobody but who encrypts.
  @Test
  void aVersionThatIsExhaustedFailsTheBatchThatEncryptsAndNoItemThatIsDecrypted() {
    var counted = all.createKey("ring", "exhausted", Algorithm.AES_256_GCM).getName();
    var first = counted + "/cryptoKeyVersions/1";
    var made = encrypt(all, first, Collections.nCopies(MOST, plain(TEXT, NONE)));
    var tooMany = Collections.nCopies(MOST, plain(TEXT, NONE));

    var refused = Refusal.of(() -> encrypt(all, first, tooMany));

    assertEquals(Status.Code.FAILED_PRECONDITION, refused.code());
    assertEquals("VERSION_EXHAUSTED", refused.reason());
    assertEquals(first, refused.metadata().get("resource"));
    var rest = encrypt(all, first, Collections.nCopies(USES - MOST, plain(TEXT, NONE)));
    assertEquals(USES - MOST, rest.stream().filter(one -> one.hasEncrypted()).count());
    assertEquals(
        "VERSION_EXHAUSTED",
        Refusal.of(() -> encrypt(all, first, List.of(plain(TEXT, NONE)))).reason());
    var good = all.encrypt(key, TEXT, "").getCiphertext();
    assertEquals(
        "VERSION_EXHAUSTED",
        Refusal.of(() -> reEncrypt(all, key, first, List.of(moved(good, NONE, NONE)))).reason());

    var second = rotatedAndDisabled(counted);
    var opened =
        decrypt(
            all,
            counted,
            List.of(
                sealed(made.getFirst().getEncrypted().getCiphertext(), NONE),
                sealed(second, NONE),
                sealed(rest.getLast().getEncrypted().getCiphertext(), NONE)));
    assertEquals(TEXT, opened.getFirst().getDecrypted().getPlaintext());
    assertEquals(status(() -> all.decrypt(counted, second, "")), opened.get(1).getError());
    assertEquals(Status.Code.FAILED_PRECONDITION.value(), opened.get(1).getError().getCode());
    assertEquals(TEXT, opened.getLast().getDecrypted().getPlaintext());
  }

  /// A ciphertext of a version that was made for it and disabled then.
  private static ByteString rotatedAndDisabled(String key) {
    var version =
        all.keys()
            .createCryptoKeyVersion(
                CreateCryptoKeyVersionRequest.newBuilder().setParent(key).build())
            .getName();
    var ciphertext = all.encrypt(version, TEXT, "").getCiphertext();
    var _ =
        all.keys()
            .disableCryptoKeyVersion(
                DisableCryptoKeyVersionRequest.newBuilder().setName(version).build());
    return ciphertext;
  }

  /// Batches that their callers give up, by cancelling or by their deadline, at all moments until
  /// some were in the middle of the work. Several at a time, so that there is work to be in.
  @ParameterizedTest
  @ValueSource(strings = {"CANCELLED", "DEADLINE_EXCEEDED"})
  void aBatchThatIsGivenUpLeavesNothingBehindButItsRecord(Status.Code how) throws Exception {
    var name = all.createKey("ring", "given-up-" + how.name().toLowerCase(Locale.ROOT)).getName();
    var request =
        BatchEncryptRequest.newBuilder()
            .setName(name)
            .addAllItems(Collections.nCopies(MOST, plain(text(0, 2), NONE)))
            .build();
    var answered = 0;
    var bursts = 0;
    for (; bursts < 100 && midway(name, how) < GIVEN_UP; bursts++) {
      answered += sendAndGiveUp(request, how, Duration.ofMillis(2 + bursts * 7 % 100));
    }

    var management = Management.of(service);
    Eventually.await(() -> management.metric("keyservice_calls_running").get() == 0);
    assertEquals(MOST, encrypt(all, name, request.getItemsList()).size());
    var records = AuditTrail.lines(installation.file("audit"));
    var midway = midway(name, how);
    var served = count(records, "BatchEncrypt", name, "\"code\":\"OK\"");
    // A caller whose deadline is over says so, too: its record has what was heard first.
    var givenUp =
        Stream.of(how.name(), "CANCELLED")
            .distinct()
            .mapToLong(code -> count(records, "BatchEncrypt", name, "\"code\":\"" + code + "\""))
            .sum();
    assertTrue(midway >= GIVEN_UP, () -> midway + " in the middle of the work");
    assertTrue(served > answered, "what was answered, and one more, has its record");
    assertEquals(count(records, "BatchEncrypt", name), served + givenUp, "no other outcome");
    assertEquals(served, count(records, "BatchEncrypt", name, "\"items\":512,\"failed\":0,"));
    System.out.printf(
        "proof: %d batches of %d items sent and given up (%s): %d answered before, %d recorded as"
            + " given up, %d of them in the middle of the work; no call is left running%n",
        bursts * BURST, MOST, how, answered, givenUp, midway);
  }

  /// How many records there are of a batch whose version was found and whose items were not done.
  private static long midway(String name, Status.Code how) throws IOException {
    return count(
        AuditTrail.lines(installation.file("audit")),
        "BatchEncrypt",
        "\"key\":\"" + name + "\",\"version\":1,\"code\":\"" + how + "\"");
  }

  /// @return how many were answered before
  private static int sendAndGiveUp(BatchEncryptRequest request, Status.Code how, Duration after)
      throws Exception {
    var stub = CryptoServiceGrpc.newFutureStub(all.channel());
    var calls = new ArrayList<Future<BatchEncryptResponse>>();
    for (var i = 0; i < BURST; i++) {
      calls.add(
          (how == Status.Code.CANCELLED ? stub : stub.withDeadlineAfter(after))
              .batchEncrypt(request));
    }
    if (how == Status.Code.CANCELLED) {
      Thread.sleep(after);
      calls.forEach(call -> call.cancel(true));
    }
    var answered = 0;
    for (var call : calls) {
      answered += isAnswered(call, how) ? 1 : 0;
    }
    return answered;
  }

  private static boolean isAnswered(Future<BatchEncryptResponse> call, Status.Code how)
      throws InterruptedException {
    try {
      return call.get().getResultsCount() == MOST;
    } catch (CancellationException _) {
      return false;
    } catch (ExecutionException e) {
      assertEquals(how, Status.fromThrowable(e).getCode(), e::getMessage);
      return false;
    }
  }

  @Test
  void whatConcernsTheKeyFailsTheCall() {
    var good = all.encrypt(key, TEXT, "").getCiphertext();
    var missing = "keyRings/ring/cryptoKeys/missing";
    var plains = List.of(plain(TEXT, NONE));
    var sealed = List.of(sealed(good, NONE));
    var moved = List.of(moved(good, NONE, NONE));
    var app = new Calls(channels.of("app"));
    var admin = new Calls(channels.of("admin"));

    for (var call :
        List.<Executable>of(
            () -> encrypt(all, missing, plains),
            () -> decrypt(all, missing, sealed),
            () -> reEncrypt(all, missing, key, moved),
            () -> reEncrypt(all, key, missing, moved))) {
      assertEquals("KEY_NOT_FOUND", Refusal.of(call).reason());
    }
    assertEquals(
        "VERSION_NOT_FOUND",
        Refusal.of(() -> encrypt(all, key + "/cryptoKeyVersions/2", plains)).reason());
    for (var call :
        List.<Executable>of(
            () -> encrypt(all, tagging, plains),
            () -> decrypt(all, tagging, sealed),
            () -> reEncrypt(all, tagging, key, moved),
            () -> reEncrypt(all, key, tagging, moved))) {
      assertEquals("WRONG_PURPOSE", Refusal.of(call).reason());
    }
    for (var caller : List.of(app, admin)) {
      for (var call :
          List.<Executable>of(
              () -> encrypt(caller, key, plains),
              () -> decrypt(caller, key, sealed),
              () -> reEncrypt(caller, key, other, moved))) {
        assertEquals("PERMISSION_DENIED", Refusal.of(call).reason());
      }
    }
    for (var name : List.of("", "ring/key", key + "/cryptoKeyVersions/0")) {
      assertEquals(List.of("name"), Refusal.of(() -> encrypt(all, name, plains)).fields());
      assertEquals(List.of("name"), Refusal.of(() -> decrypt(all, name, sealed)).fields());
      assertEquals(
          List.of("source_name"), Refusal.of(() -> reEncrypt(all, name, key, moved)).fields());
      assertEquals(
          List.of("destination_name"), Refusal.of(() -> reEncrypt(all, key, name, moved)).fields());
    }
    assertEquals(
        List.of("name"),
        Refusal.of(() -> decrypt(all, key + "/cryptoKeyVersions/1", sealed)).fields());
  }

  @Test
  void aBatchHasOneRecordWithItsCounts() throws IOException {
    var counted = all.createKey("ring", "counted").getName();
    var good = all.encrypt(counted, TEXT, "").getCiphertext();

    var _ =
        decrypt(all, counted, List.of(sealed(good, NONE), sealed(TEXT, NONE), sealed(good, AAD)));
    var _ = encrypt(all, counted, List.of(plain(TEXT, NONE)));
    assertThrows(StatusRuntimeException.class, () -> encrypt(all, counted, List.of()));

    var lines = AuditTrail.lines(installation.file("audit"));
    assertEquals(
        1,
        count(
            lines,
            "CryptoService/BatchDecrypt",
            "\"key\":\"" + counted + "\",\"version\":1,\"items\":3,\"failed\":2,\"code\":\"OK\""));
    assertEquals(2, count(lines, "CryptoService/BatchEncrypt", counted));
    assertEquals(
        1, count(lines, "CryptoService/BatchEncrypt", counted, "\"items\":1,\"failed\":0"));
    assertEquals(
        1,
        service.lines().stream()
            .filter(line -> line.contains("BatchDecrypt") && line.contains(counted))
            .filter(line -> line.contains("items=3 failed=2 outcome=ok code=OK"))
            .count());
  }

  /// A full batch of the smallest items, which costs most, while others call.
  @Test
  void aFullBatchKeepsNobodyElseWaiting() {
    var items = Collections.nCopies(MOST, plain(text(0, SHARE), NONE));
    var alone = new long[ROUNDS];
    for (var i = 0; i < ROUNDS; i++) {
      var begin = System.nanoTime();
      assertEquals(MOST, encrypt(all, key, items).size());
      alone[i] = System.nanoTime() - begin;
    }
    var others = new ArrayList<Long>();
    var batches =
        CompletableFuture.runAsync(
            () ->
                IntStream.range(0, ROUNDS)
                    .forEach(_ -> assertEquals(MOST, encrypt(all, key, items).size())),
            Thread::startVirtualThread);
    var app = new Calls(channels.of("app"));
    while (!batches.isDone()) {
      var begin = System.nanoTime();
      assertEquals("cn:app", app.whoAmI().getCallerId());
      others.add(System.nanoTime() - begin);
    }
    batches.join();

    Arrays.sort(alone);
    Collections.sort(others);
    System.out.printf(
        "proof: a batch of %d × %,d bytes takes %.1f ms (median of %d); %d other calls meanwhile:"
            + " median %.1f ms, longest %.1f ms%n",
        MOST,
        SHARE,
        alone[ROUNDS / 2] / 1e6,
        ROUNDS,
        others.size(),
        others.get(others.size() / 2) / 1e6,
        others.getLast() / 1e6);
    assertTrue(others.getLast() < Duration.ofSeconds(5).toNanos());
  }
}
