package dev.keyservice.observe;

import dev.keyservice.key.KeySchedule;
import dev.keyservice.key.ScheduledWork;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/// What the service does by itself when it is due, and what keeps it from that. Which keys these
/// are is in the log: as labels they could be any number.
@Singleton
final class ScheduleMetrics {
  private final KeySchedule schedule;

  ScheduleMetrics(KeySchedule schedule) {
    this.schedule = schedule;
  }

  void register(@Observes StartupEvent event, MeterRegistry registry) {
    for (var kind : ScheduledWork.values()) {
      FunctionCounter.builder("keyservice.schedule.done", schedule, all -> all.done(kind))
          .description("What was due and is done.")
          .tag("kind", kind.inWords())
          .register(registry);
      FunctionCounter.builder("keyservice.schedule.failures", schedule, all -> all.failed(kind))
          .description("How often something that was due could not be done.")
          .tag("kind", kind.inWords())
          .register(registry);
    }
    Gauge.builder("keyservice.schedule.held", schedule, all -> all.isHeld() ? 1 : 0)
        .description("1 while nothing is destroyed because of the clock or a long absence.")
        .register(registry);
    Gauge.builder("keyservice.schedule.damaged", schedule, KeySchedule::damaged)
        .description("What was due at the last run and could not be done for damaged keys.")
        .register(registry);
    TimeGauge.builder(
            "keyservice.schedule.run.age",
            schedule,
            TimeUnit.SECONDS,
            all -> all.sinceLastRun().toMillis() / 1000.0)
        .description("How long ago what is due was looked for, to the end.")
        .register(registry);
  }
}
