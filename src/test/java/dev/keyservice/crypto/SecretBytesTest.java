package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SecretBytesTest {
  private static final String WORD = "correct horse battery staple";

  @Test
  void lendsWhatItWasGiven() {
    assertEquals(WORD, secret().use(bytes -> new String(bytes, StandardCharsets.US_ASCII)));
    assertEquals(WORD.length(), secret().length());
  }

  @Test
  void makesDifferentSecretsOfTheLengthAskedFor() {
    assertEquals(32, SecretBytes.random(32).length());
    assertNotEquals(SecretBytes.random(32), SecretBytes.random(32));
  }

  @Test
  void comparesContents() {
    assertEquals(secret(), secret());
    assertEquals(secret().hashCode(), secret().hashCode());
    assertNotEquals(
        secret(),
        SecretBytes.of("correct horse battery stapler".getBytes(StandardCharsets.US_ASCII)));
    assertFalse(secret().equals(null));
    assertNotEquals(secret(), (Object) WORD);
  }

  @Test
  void givesSecretsOfOneLengthOneHashCode() {
    assertEquals(SecretBytes.random(32).hashCode(), SecretBytes.random(32).hashCode());
  }

  @Test
  void overwritesTheBytesWhenClosed() {
    var owned = WORD.getBytes(StandardCharsets.US_ASCII);
    var secret = SecretBytes.of(owned);

    secret.close();

    assertArrayEquals(new byte[WORD.length()], owned);
  }

  @Test
  void refusesEveryUseAfterClosing() {
    var secret = secret();
    secret.close();
    secret.close();

    assertThrows(IllegalStateException.class, () -> secret.use(bytes -> bytes.length));
    assertThrows(IllegalStateException.class, () -> secret.equals(secret()));
    assertThrows(IllegalStateException.class, () -> secret().equals(secret));
  }

  @Test
  void refusesToBeClosedByItsReader() {
    var secret = secret();

    assertThrows(IllegalStateException.class, () -> secret.use(bytes -> closing(secret)));
    assertEquals(secret(), secret);
  }

  @Test
  void waitsForReadersBeforeItErases() throws InterruptedException {
    var secret = secret();
    var reading = new CountDownLatch(1);
    var closer =
        new Thread(() -> {
          reading.countDown();
          secret.close();
        });

    var seen =
        secret.use(bytes -> {
          closer.start();
          waitUntilBlocked(closer, reading);
          return bytes.clone();
        });
    closer.join();

    assertArrayEquals(WORD.getBytes(StandardCharsets.US_ASCII), seen);
    assertThrows(IllegalStateException.class, () -> secret.use(bytes -> bytes.length));
  }

  @Test
  void isNeverPrinted() {
    var material = KeyMaterial.decode(Algorithm.XAES_256_GCM, SecretBytes.of(encoded((byte) 0x5A)));
    var key = new LentKey("AES", filled((byte) 0x5A));
    var closed = secret();
    closed.close();
    var refusal = assertThrows(IllegalStateException.class, () -> closed.use(bytes -> 0));

    for (var printed :
        List.of(
            secret().toString(),
            material.toString(),
            material.primitive().toString(),
            key.toString(),
            refusal.toString())) {
      assertFalse(printed.contains("horse"), printed);
      assertFalse(
          printed.contains(HexFormat.of().formatHex(WORD.getBytes(StandardCharsets.US_ASCII))),
          printed);
      assertFalse(printed.contains("5a5a") || printed.contains("90, 90"), printed);
    }
  }

  @Test
  void isNeverSerialized() throws IOException {
    try (var out = new ObjectOutputStream(new ByteArrayOutputStream())) {
      assertThrows(IOException.class, () -> out.writeObject(secret()));
      assertThrows(
          UnsupportedOperationException.class,
          () -> out.writeObject(new LentKey("AES", new byte[32])));
    }
  }

  @Test
  void erasesWhatTheJdkWasHandedWhenALentKeyIsDestroyed() {
    var bytes = filled((byte) 7);
    var key = new LentKey("AES", bytes);
    var handedOut = key.getEncoded();

    key.destroy();

    assertArrayEquals(new byte[32], bytes);
    assertArrayEquals(new byte[32], handedOut);
  }

  private static SecretBytes secret() {
    return SecretBytes.of(WORD.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] filled(byte value) {
    var bytes = new byte[32];
    Arrays.fill(bytes, value);
    return bytes;
  }

  private static byte[] encoded(byte value) {
    var bytes = new byte[33];
    Arrays.fill(bytes, value);
    bytes[0] = 1;
    return bytes;
  }

  private static boolean closing(SecretBytes secret) {
    secret.close();
    return true;
  }

  private static void waitUntilBlocked(Thread thread, CountDownLatch started) {
    try {
      started.await();
      while (thread.getState() != Thread.State.WAITING) {
        assertTrue(thread.isAlive(), "the secret was erased while it was lent");
        Thread.sleep(1);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
