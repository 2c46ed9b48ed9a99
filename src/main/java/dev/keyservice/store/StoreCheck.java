package dev.keyservice.store;

import dev.keyservice.failure.Failure;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;

/// One question about the store for the readiness probe. It is put at most once a second, whoever
/// asks, and answered in two seconds, even by a disk that does not answer at all.
final class StoreCheck implements AsyncHealthCheck {
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Uni<HealthCheckResponse> question;
  private Uni<HealthCheckResponse> answer;
  private long asked;

  /// @param look fails with a [Failure] when there is something wrong
  StoreCheck(String name, Uni<?> look) {
    this.question =
        look.replaceWith(() -> HealthCheckResponse.up(name))
            .ifNoItem()
            .after(PATIENCE)
            .recoverWithItem(() -> down(name, "no answer within " + PATIENCE.toSeconds() + " s"))
            .onFailure(Failure.class)
            .recoverWithItem(failure -> down(name, String.valueOf(failure.getMessage())));
    this.answer = ask(System.nanoTime());
  }

  private Uni<HealthCheckResponse> ask(long now) {
    asked = now;
    return question.memoize().indefinitely();
  }

  private static HealthCheckResponse down(String name, String reason) {
    return HealthCheckResponse.named(name).down().withData("reason", reason).build();
  }

  @Override
  public synchronized Uni<HealthCheckResponse> call() {
    var now = System.nanoTime();
    if (now - asked >= FRESH.toNanos()) {
      answer = ask(now);
    }
    return answer;
  }
}
