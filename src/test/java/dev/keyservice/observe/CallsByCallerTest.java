package dev.keyservice.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.grpc.Status;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CallsByCallerTest {
  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final Set<String> policy = new HashSet<>();
  private final CallsByCaller calls = new CallsByCaller(registry, policy::contains);

  @Test
  void tellsApartWhomThePolicyNames() {
    policy.add("cn:app");

    count("cn:app");
    count("cn:app");
    count("cn:hostile-1");
    count("cn:hostile-2");
    calls.count(Optional.empty(), Status.Code.UNAUTHENTICATED);

    assertEquals(2, counted("cn:app", "OK"));
    assertEquals(2, counted("other", "OK"));
    assertEquals(1, counted("none", "Unauthenticated"));
    assertEquals(3, registry.getMeters().size());
  }

  @Test
  void aPolicyOfAnyLengthGivesABoundedNumberOfSeries() {
    for (var i = 0; i < 1_000; i++) {
      policy.add("cn:" + i);
    }

    policy.forEach(this::count);

    assertEquals(CallsByCaller.MAX_CALLERS + 1, registry.getMeters().size());
    assertEquals(1_000 - CallsByCaller.MAX_CALLERS, counted("other", "OK"));
  }

  @Test
  void aPolicyThatIsChangedAgainAndAgainDoesSoToo() {
    for (var i = 0; i < 1_000; i++) {
      policy.clear();
      policy.add("cn:" + i);
      count("cn:" + i);
    }

    assertEquals(CallsByCaller.MAX_CALLERS + 1, registry.getMeters().size());
  }

  @Test
  void aCallerThatIsAddedToThePolicyGetsItsSeries() {
    count("cn:late");
    assertNull(registry.find("keyservice.calls").tag("caller", "cn:late").counter());

    policy.add("cn:late");
    count("cn:late");

    assertEquals(1, counted("cn:late", "OK"));
  }

  private void count(String caller) {
    calls.count(Optional.of(caller), Status.Code.OK);
  }

  private double counted(String caller, String code) {
    return registry
        .get("keyservice.calls")
        .tag("caller", caller)
        .tag("code", code)
        .counter()
        .count();
  }
}
