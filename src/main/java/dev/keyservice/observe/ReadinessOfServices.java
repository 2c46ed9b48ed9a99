package dev.keyservice.observe;

import dev.keyservice.transport.ServiceHealth;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.jboss.logging.Logger;

/// Lets gRPC's health say what the readiness probe says: both ask the same checks.
@Singleton
public final class ReadinessOfServices {
  private static final Logger LOG = Logger.getLogger(ReadinessOfServices.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final SmallRyeHealthReporter reporter;
  private final ServiceHealth health;
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyservice-readiness").factory());
  private boolean ready = true;

  ReadinessOfServices(SmallRyeHealthReporter reporter, ServiceHealth health) {
    this.reporter = reporter;
    this.health = health;
  }

  /// From now on, once the services are there.
  public void follow() {
    var _ =
        ticker.scheduleWithFixedDelay(
            this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Must not throw anything at all, or there would be no other.
  private void tick() {
    try {
      var _ = reporter.getReadinessAsync().subscribe().with(this::tell, this::failed);
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  private void failed(Throwable e) {
    LOG.error("the readiness could not be found out", e);
  }

  private synchronized void tell(SmallRyeHealth found) {
    var now = !found.isDown();
    if (now == ready) {
      return;
    }
    ready = now;
    health.ready(now);
    if (now) {
      LOG.info("ready again");
    } else {
      LOG.warnf("not ready: %s", reasons(found.getPayload()));
    }
  }

  /// What was found last. Before the first time, and until then nobody is told otherwise, ready.
  synchronized boolean isReady() {
    return ready;
  }

  private static String reasons(JsonObject payload) {
    return payload.getJsonArray("checks").getValuesAs(JsonObject.class).stream()
        .filter(check -> check.getString("status").equals(Status.DOWN.name()))
        .map(check -> check.getString("name") + ": " + reason(check))
        .collect(Collectors.joining("; "));
  }

  private static String reason(JsonObject check) {
    var data = check.getJsonObject("data");
    return data == null ? "down" : data.getString("reason", "down");
  }

  @PreDestroy
  void close() {
    var _ = ticker.shutdownNow();
  }
}
