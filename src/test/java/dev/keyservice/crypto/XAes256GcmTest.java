package dev.keyservice.crypto;

import static dev.keyservice.crypto.Refusals.assertCannotDecrypt;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class XAes256GcmTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final byte[] PLAINTEXT = "attack at dawn".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AAD = "invoice 42".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NONE = {};

  private final SecretBytes key = SecretBytes.random(32);
  private final XAes256Gcm aead = new XAes256Gcm(key);

  static List<Vectors> published() {
    return Vectors.read("xaes-256-gcm");
  }

  @ParameterizedTest
  @MethodSource("published")
  void agreesWithThePublishedVectors(Vectors vector) {
    var published = new XAes256Gcm(vector.secret("key"));

    var sealed =
        published.sealWith(vector.hex("nonce"), vector.hex("plaintext"), vector.hex("aad"));

    assertArrayEquals(vector.hex("nonce"), Arrays.copyOf(sealed, 24));
    assertArrayEquals(vector.hex("ciphertext"), Arrays.copyOfRange(sealed, 24, sealed.length));
    assertArrayEquals(vector.hex("plaintext"), published.open(sealed, vector.hex("aad")));
  }

  @Test
  void agreesWithThePublishedHashOverRandomInputs() {
    for (var vector : Vectors.read("xaes-256-gcm-accumulated")) {
      var iterations = vector.number("iterations");
      if (iterations <= 10_000 || PROOF) {
        assertArrayEquals(vector.hex("hash"), accumulated(iterations));
        proof(iterations + " random messages agree with the hash that C2SP publishes");
      }
    }
  }

  private static byte[] accumulated(int iterations) {
    var random = new SHAKEDigest(128);
    var hash = new SHAKEDigest(128);
    for (var i = 0; i < iterations; i++) {
      var each = new XAes256Gcm(SecretBytes.of(squeeze(random, 32)));
      var nonce = squeeze(random, 24);
      var plaintext = squeeze(random, squeeze(random, 1)[0] & 0xFF);
      var aad = squeeze(random, squeeze(random, 1)[0] & 0xFF);
      var sealed = each.sealWith(nonce, plaintext, aad);
      hash.update(sealed, 24, sealed.length - 24);
      assertArrayEquals(plaintext, each.open(sealed, aad));
    }
    return squeeze(hash, 32);
  }

  private static byte[] squeeze(SHAKEDigest shake, int length) {
    var bytes = new byte[length];
    shake.doOutput(bytes, 0, length);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 17, 4096, 65_536, 1_048_577})
  void opensWhatItSealed(int length) {
    var plaintext = new byte[length];
    Arrays.fill(plaintext, (byte) length);

    var sealed = aead.seal(plaintext, AAD);

    assertEquals(24 + length + 16, sealed.length);
    assertArrayEquals(plaintext, aead.open(sealed, AAD));
  }

  @Test
  void refusesEveryFlippedBitEveryTruncationAndEveryExtension() {
    var sealed = aead.seal(PLAINTEXT, AAD);

    Mutations.all(sealed).forEach(bad -> assertCannotDecrypt(() -> aead.open(bad, AAD)));
  }

  @Test
  void refusesEveryOtherAssociatedData() {
    var sealed = aead.seal(PLAINTEXT, AAD);

    Mutations.all(AAD).forEach(bad -> assertCannotDecrypt(() -> aead.open(sealed, bad)));
  }

  @Test
  void refusesACiphertextOfAnotherKey() {
    var sealed = aead.seal(PLAINTEXT, AAD);

    Mutations.flips(key.use(byte[]::clone))
        .map(bytes -> new XAes256Gcm(SecretBytes.of(bytes)))
        .forEach(other -> assertCannotDecrypt(() -> other.open(sealed, AAD)));
  }

  @Test
  void refusesAKeyOfAnotherLength() {
    for (var length : new int[] {0, 16, 24, 31, 33, 64}) {
      assertThrows(
          IllegalArgumentException.class, () -> new XAes256Gcm(SecretBytes.random(length)));
    }
  }

  @Test
  void neverSealsTwiceUnderOneNonce() {
    var seals = PROOF ? 1_000_000 : 10_000;
    var nonces = new HashSet<ByteBuffer>();
    var everSet = new byte[24];
    var everClear = new byte[24];
    for (var i = 0; i < seals; i++) {
      var nonce = Arrays.copyOf(aead.seal(NONE, NONE), 24);
      nonces.add(ByteBuffer.wrap(nonce));
      for (var j = 0; j < 24; j++) {
        everSet[j] |= nonce[j];
        everClear[j] |= (byte) ~nonce[j];
      }
    }

    assertEquals(seals, nonces.size());
    var all = new byte[24];
    Arrays.fill(all, (byte) 0xFF);
    assertArrayEquals(all, everSet, "all 192 bits are random");
    assertArrayEquals(all, everClear, "all 192 bits are random");
    proof(seals + " seals, " + nonces.size() + " distinct nonces");
  }

  @Test
  void isUsedByManyThreadsAtOnce() throws Exception {
    var rounds = PROOF ? 50_000 : 500;
    inEightThreads(thread -> {
      for (var i = 0; i < rounds; i++) {
        var plaintext = new byte[] {(byte) thread, (byte) i, (byte) (i >> 8)};
        assertArrayEquals(plaintext, aead.open(aead.seal(plaintext, AAD), AAD));
      }
    });
    proof(8 * rounds + " messages in 8 threads opened to what was sealed");
  }

  @Test
  void neverSealsUnderAnErasedKey() throws Exception {
    var rounds = PROOF ? 20_000 : 200;
    for (var i = 0; i < rounds; i++) {
      var copy = key.use(byte[]::clone);
      var doomed = SecretBytes.of(copy);
      var doomedAead = new XAes256Gcm(doomed);
      inEightThreads(thread -> {
        if (thread == 0) {
          doomed.close();
        } else {
          sealsProperlyOrNotAtAll(doomedAead);
        }
      });
    }
    proof(7 * rounds + " seals raced with the end of their key, none under zeroes");
  }

  private void sealsProperlyOrNotAtAll(XAes256Gcm doomed) {
    byte[] sealed;
    try {
      sealed = doomed.seal(PLAINTEXT, AAD);
    } catch (IllegalStateException e) {
      return;
    }
    assertArrayEquals(PLAINTEXT, aead.open(sealed, AAD));
  }

  @Test
  void refusesToWorkWhenItsKeyIsClosed() {
    var sealed = aead.seal(PLAINTEXT, AAD);
    key.close();

    assertThrows(IllegalStateException.class, () -> aead.seal(PLAINTEXT, AAD));
    assertThrows(IllegalStateException.class, () -> aead.open(sealed, AAD));
  }

  @Test
  void leavesItsArgumentsAlone() {
    var plaintext = PLAINTEXT.clone();
    var aad = AAD.clone();
    var sealed = aead.seal(plaintext, aad);
    var before = sealed.clone();

    assertFalse(Arrays.equals(sealed, aead.seal(plaintext, aad)));
    assertArrayEquals(PLAINTEXT, aead.open(sealed, aad));
    assertArrayEquals(PLAINTEXT, plaintext);
    assertArrayEquals(AAD, aad);
    assertArrayEquals(before, sealed);
  }

  private interface Work {
    void run(int thread);
  }

  private static void inEightThreads(Work work) throws Exception {
    try (var threads = Executors.newFixedThreadPool(8)) {
      var all =
          IntStream.range(0, 8)
              .<Callable<Integer>>mapToObj(thread ->
                  () -> {
                    work.run(thread);
                    return thread;
                  })
              .toList();
      for (var done : threads.invokeAll(all)) {
        done.get();
      }
    }
  }

  private static void proof(String figures) {
    if (PROOF) {
      System.out.println("proof: " + figures);
    }
  }
}
