package dev.keyservice.identity;

import dev.keyservice.failure.Reason;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/// How many calls had no caller, by reason. They leave no span, and hardly a line in the log.
@Singleton
public final class RefusedCallers {
  /// Why a call can have none.
  public static final List<Reason> REASONS =
      List.of(
          Reason.CERTIFICATE_REQUIRED,
          Reason.CERTIFICATE_REFUSED,
          Reason.TOKEN_REFUSED,
          Reason.TOO_MANY_REFUSED_TOKENS,
          Reason.AUTHENTICATION_FAILED);

  private final Map<Reason, LongAdder> counts = new EnumMap<>(Reason.class);

  RefusedCallers() {
    REASONS.forEach(reason -> counts.put(reason, new LongAdder()));
  }

  void count(Reason reason) {
    Objects.requireNonNull(counts.get(reason), reason.name()).increment();
  }

  /// Since the start.
  ///
  /// @param reason one of [#REASONS]
  public long of(Reason reason) {
    return Objects.requireNonNull(counts.get(reason), reason.name()).sum();
  }
}
