package dev.keyservice.transport;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/// Lets the calls in progress finish when the process is told to end. Whoever asks about health or
/// readiness hears first that nothing is served any more; then clients are told to go elsewhere
/// (GOAWAY), streaming calls end, and the others may go on for as long as the settings say.
///
/// Left to Quarkus, every one of them would fail; its shutdown timeout covers its HTTP server only.
/// The event is the one that Quarkus sends before it stops anything, so that the management port
/// still answers; there is no delay after it. Not in dev mode, where the call that brings a reload
/// about would wait for itself.
@Singleton
public final class Draining {
  private static final Logger LOG = Logger.getLogger(Draining.class);

  private final ServiceHealth health;
  private final RunningServer running;
  private final LiveCalls calls;
  private final ServerSettings settings;
  private volatile boolean begun;

  @Inject
  Draining(ServiceHealth health, RunningServer running, LiveCalls calls, ServerSettings settings) {
    this.health = health;
    this.running = running;
    this.calls = calls;
    this.settings = settings;
  }

  /// Whether the service has been told to end, which is for good.
  public boolean hasBegun() {
    return begun;
  }

  void drain(@Observes ShutdownDelayInitiatedEvent event) {
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
      drain();
    }
  }

  /// Blocks until the calls have ended, one way or the other.
  void drain() {
    begun = true;
    health.end();
    LOG.infof("draining: %d calls are in progress", calls.running());
    var ended = running.stop(settings.limits().drain(), this::endStreams);
    LOG.infof("drained: %s", ended ? "every call has ended" : "the calls that were left are cut");
  }

  private void endStreams() {
    calls.endStreams(new Failure.Unavailable(Reason.SHUTTING_DOWN, "the service is shutting down"));
  }
}
