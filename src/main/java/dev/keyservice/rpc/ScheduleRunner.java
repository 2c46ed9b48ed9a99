package dev.keyservice.rpc;

import dev.keyservice.key.KeySchedule;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/// Runs the schedule every few seconds, from the start of the service to its end.
final class ScheduleRunner implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ScheduleRunner.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final KeySchedule schedule;
  private final AtomicBoolean running = new AtomicBoolean();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyservice-schedule").factory());

  ScheduleRunner(KeySchedule schedule) {
    this.schedule = schedule;
  }

  void start() {
    var _ =
        timer.scheduleWithFixedDelay(
            this::run, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Must not throw anything at all, or there would be no other run.
  private void run() {
    if (running.compareAndSet(false, true)) {
      var _ =
          schedule
              .run()
              .onTermination()
              .invoke(() -> running.set(false))
              .subscribe()
              .with(_ -> {}, e -> LOG.warnf("the schedule runs again soon: %s", e.getMessage()));
    }
  }

  /// What has begun ends by itself, or with the store.
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
