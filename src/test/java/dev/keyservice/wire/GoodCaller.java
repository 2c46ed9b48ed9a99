package dev.keyservice.wire;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.EncryptRequest;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// Encrypts all the time on two threads, without retries, and counts what fails. Closing it waits
/// for the calls in progress.
final class GoodCaller implements AutoCloseable {
  private static final int DEADLINE_SECONDS = 10;

  private final Channel channel;
  private final EncryptRequest request;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong slowestNanos = new AtomicLong();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> threads;
  private volatile boolean closed;

  GoodCaller(Channel channel, String key) {
    this.channel = channel;
    this.request =
        EncryptRequest.newBuilder()
            .setName(key)
            .setPlaintext(ByteString.copyFrom(new byte[1024]))
            .build();
    this.threads = Stream.generate(() -> Thread.ofPlatform().start(this::call)).limit(2).toList();
  }

  private void call() {
    while (!closed) {
      var begin = System.nanoTime();
      try {
        var _ =
            CryptoServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .encrypt(request);
      } catch (StatusRuntimeException e) {
        failures.add(e.getMessage());
      }
      calls.incrementAndGet();
      slowestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
    }
  }

  List<String> failures() {
    return failures;
  }

  long calls() {
    return calls.get();
  }

  @Override
  public void close() {
    closed = true;
    try {
      for (var thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "good caller: %,d calls %d failed, slowest %d ms"
        .formatted(calls.get(), failures.size(), TimeUnit.NANOSECONDS.toMillis(slowestNanos.get()));
  }
}
