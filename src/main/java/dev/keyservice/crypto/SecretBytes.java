package dev.keyservice.crypto;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Bytes that must not be printed, compared by accident or left behind.
///
/// Any number of threads may [use][#use] them at once. [Closing][#close] waits for those who read
/// and then overwrites the bytes with zeroes, so a reader sees the secret or an
/// `IllegalStateException`, never a half erased one. Without that lock, a key that is closed while
/// another thread encrypts would encrypt under zeroes, for everyone to read.
///
/// Erasing is best effort: the garbage collector may have moved the array before.
public final class SecretBytes implements AutoCloseable {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final byte[] bytes;
  private boolean closed;

  private SecretBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /// Takes the array over: the caller must neither keep nor change it.
  public static SecretBytes of(byte[] owned) {
    return new SecretBytes(owned);
  }

  /// `length` fresh bytes of the platform's secure generator.
  public static SecretBytes random(int length) {
    var bytes = new byte[length];
    // Not a constant: a generator made at image build time would repeat itself in every process.
    new SecureRandom().nextBytes(bytes);
    return new SecretBytes(bytes);
  }

  /// How many bytes; known even after [#close].
  public int length() {
    return bytes.length;
  }

  /// Lends the bytes to `reader`, which must not keep, change or return the array.
  ///
  /// @throws IllegalStateException after [#close]
  public <T> T use(Function<byte[], T> reader) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the secret has been erased");
      }
      return reader.apply(bytes);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Overwrites the bytes with zeroes. Closing twice does nothing.
  ///
  /// @throws IllegalStateException when called by a reader, which would wait for itself for ever
  @Override
  public void close() {
    if (lock.getReadHoldCount() > 0) {
      throw new IllegalStateException("a secret cannot be erased while it is lent");
    }
    lock.writeLock().lock();
    try {
      closed = true;
      Arrays.fill(bytes, (byte) 0);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /// Compares contents in a time that depends on the lengths only.
  ///
  /// @throws IllegalStateException when either has been closed
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SecretBytes that
        && use(mine -> that.use(theirs -> MessageDigest.isEqual(mine, theirs)));
  }

  /// The length: the only thing that equal secrets share and that may be known.
  @Override
  public int hashCode() {
    return bytes.length;
  }

  @Override
  public String toString() {
    return "SecretBytes[" + bytes.length + " bytes]";
  }
}
