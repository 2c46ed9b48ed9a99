package dev.keyservice.identity;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.transport.CallLoop;
import io.grpc.Attributes;
import io.grpc.Context.CancellableContext;
import io.grpc.Metadata;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// The streaming calls in progress, whose callers are authenticated again and again: a token ends,
/// its issuer takes back the key, or an authority may not vouch for the caller any more.
@Singleton
final class LongCalls implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(LongCalls.class);
  private static final Duration TICK = Duration.ofMillis(500);

  private final Authenticator authenticator;
  private final Map<CancellableContext, Proof> running = new ConcurrentHashMap<>();
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyservice-callers").factory());

  LongCalls(Authenticator authenticator) {
    this.authenticator = authenticator;
  }

  /// What a caller has shown, and where its call runs.
  private record Proof(Attributes connection, Metadata headers, Executor loop) {}

  @PostConstruct
  void watch() {
    var _ =
        ticker.scheduleWithFixedDelay(
            this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  @PreDestroy
  public void close() {
    var _ = ticker.shutdownNow();
  }

  /// The call of this context has begun, on this thread.
  void begin(CancellableContext call, Attributes connection, Metadata headers) {
    running.put(call, new Proof(connection, BearerHeader.only(headers), CallLoop.current()));
  }

  /// It has ended.
  void end(CancellableContext call) {
    running.remove(call);
  }

  /// Must not throw anything at all, or there would be no other.
  private void tick() {
    try {
      running.forEach(this::check);
    } catch (RuntimeException | Error e) {
      LOG.error("callers could not be authenticated again", e);
    }
  }

  private void check(CancellableContext call, Proof proof) {
    try {
      authenticator.confirm(proof.connection(), proof.headers());
    } catch (Failure refused) {
      proof.loop().execute(() -> end(call, refused));
    } catch (RuntimeException | Error e) {
      // Fail closed, as when the call began; and the calls after this one are looked at, too.
      LOG.error("a caller could not be authenticated again", e);
      var failed =
          new Failure.Unauthenticated(
              Reason.AUTHENTICATION_FAILED, "the caller could not be identified");
      proof.loop().execute(() -> end(call, failed));
    }
  }

  private static void end(CancellableContext call, Failure why) {
    var _ = call.cancel(why);
  }
}
