package dev.keyservice.observe;

import dev.keyservice.access.Access;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;

/// How many calls each caller made.
///
/// Only callers that the policy names are told apart, and of those the first [#MAX_CALLERS] that
/// call: whoever has a certificate or a token can choose a name, but not write the policy. A caller
/// that the policy does not name any more keeps its series until the next start, so that their
/// number is bounded however often the policy changes.
@Singleton
final class CallsByCaller {
  static final int MAX_CALLERS = 100;

  private static final int CODES = Status.Code.values().length;

  private final MeterRegistry registry;
  private final Predicate<String> inPolicy;
  private final Map<String, ByCode> named = new ConcurrentHashMap<>();
  private final ByCode others = new ByCode("other");
  private final ByCode nobody = new ByCode("none");

  @Inject
  CallsByCaller(MeterRegistry registry, Access access) {
    this(registry, access::names);
  }

  /// @param inPolicy whether the policy in force names a caller
  CallsByCaller(MeterRegistry registry, Predicate<String> inPolicy) {
    this.registry = registry;
    this.inPolicy = inPolicy;
  }

  /// @param callerId empty for a call that had no caller
  void count(Optional<String> callerId, Status.Code code) {
    callerId.map(this::of).orElse(nobody).count(code);
  }

  private ByCode of(String callerId) {
    var known = named.get(callerId);
    return known == null ? become(callerId) : known;
  }

  private ByCode become(String callerId) {
    if (named.size() >= MAX_CALLERS || !inPolicy.test(callerId)) {
      return others;
    }
    synchronized (this) {
      return named.size() >= MAX_CALLERS
          ? others
          : named.computeIfAbsent(callerId, id -> new ByCode(id));
    }
  }

  private final class ByCode {
    private final String caller;
    private final AtomicReferenceArray<Counter> counters = new AtomicReferenceArray<>(CODES);

    ByCode(String caller) {
      this.caller = caller;
    }

    void count(Status.Code code) {
      var known = counters.get(code.value());
      (known == null ? register(code) : known).increment();
    }

    private Counter register(Status.Code code) {
      var counter =
          Counter.builder("keyservice.calls")
              .description("Calls that have ended, by their caller.")
              .tag("caller", caller)
              .tag("code", MethodMeters.name(code))
              .register(registry);
      counters.set(code.value(), counter);
      return counter;
    }
  }
}
