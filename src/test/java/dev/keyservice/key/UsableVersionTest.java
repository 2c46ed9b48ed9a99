package dev.keyservice.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.crypto.Aead;
import dev.keyservice.crypto.Algorithm;
import dev.keyservice.crypto.KeyMaterial;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class UsableVersionTest {
  private static final boolean PROOF = Boolean.getBoolean("proof.full");
  private static final byte[] PLAINTEXT = new byte[64];
  private static final byte[] AAD = new byte[64];

  private final AtomicInteger used = new AtomicInteger();
  private final KeyMaterial material = KeyMaterial.generate(Algorithm.XAES_256_GCM);
  private final UsableVersion version = version(used::incrementAndGet);

  private UsableVersion version(UseCounter counter) {
    return new UsableVersion(
        new CryptoKeyName("ring", "key").version(1),
        UUID.randomUUID(),
        Algorithm.XAES_256_GCM,
        material.primitive(),
        UseBudget.UNLIMITED,
        counter);
  }

  @Test
  void encryptsAtOnceWhereNobodyHasToCount() {
    var sealed = new AtomicInteger();

    var _ = version.seal(PLAINTEXT, AAD).subscribe().with(bytes -> sealed.set(bytes.length));

    assertEquals(24 + 64 + 16, sealed.get(), "before subscribe() returned");
  }

  @Test
  void isNotUsedOnceItsSecretIsErased() {
    material.close();

    assertThrows(IllegalStateException.class, () -> version.seal(PLAINTEXT, AAD));
    assertEquals(0, used.get());
  }

  @Test
  void sealsNoMoreThanWasReserved() {
    var sealer = version.reserve(2).await().indefinitely();
    var _ = sealer.seal(PLAINTEXT, AAD);
    var _ = sealer.seal(PLAINTEXT, AAD);

    assertThrows(IllegalStateException.class, () -> sealer.seal(PLAINTEXT, AAD));
    assertEquals(2, used.get());
  }

  @Test
  void addsLittleToWhatItsPrimitiveTakes() {
    var rounds = PROOF ? 200_000 : 2_000;
    var aead = (Aead) material.primitive();
    var counted = version(used::incrementAndGet);
    var bare = Long.MAX_VALUE;
    var through = Long.MAX_VALUE;
    for (int i = 0; i < 7; i++) {
      bare = Math.min(bare, nanos(rounds, () -> aead.seal(PLAINTEXT, AAD)));
      through =
          Math.min(
              through, nanos(rounds, () -> counted.seal(PLAINTEXT, AAD).await().indefinitely()));
    }

    assertTrue(used.get() > rounds);
    if (PROOF) {
      System.out.printf(
          "proof: encrypting 64 bytes with XAES_256_GCM takes %d ns, and %d ns counted%n",
          bare, through);
    }
  }

  /// For each round.
  private static long nanos(int rounds, Supplier<byte[]> work) {
    var length = 0L;
    var begin = System.nanoTime();
    for (int i = 0; i < rounds; i++) {
      length += work.get().length;
    }
    var nanos = (System.nanoTime() - begin) / rounds;
    assertTrue(length > 0);
    return nanos;
  }
}
