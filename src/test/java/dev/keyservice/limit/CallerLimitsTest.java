package dev.keyservice.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.call.Rate;
import dev.keyservice.identity.Caller;
import dev.keyservice.identity.CertificateCaller;
import dev.keyservice.identity.InsecureCaller;
import dev.keyservice.identity.TokenCaller;
import dev.keyservice.testing.SetTime;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallerLimitsTest {
  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final int CALLS = FULL ? 20_000_000 : 200_000;
  private static final Caller APP = caller("cn:app");

  private final SetTime time = new SetTime();
  private final Map<String, List<Rate>> laidDown = new HashMap<>();

  @Test
  void aCallerMakesItsBurstAndThenOneCallInEachInterval() {
    var limits = limits("10/s burst 20");

    assertEquals(20, allowed(limits, APP, 100));
    pass(99);
    assertEquals(0, allowed(limits, APP, 1));
    pass(1);
    assertEquals(1, allowed(limits, APP, 2));
    pass(60_000);
    assertEquals(20, allowed(limits, APP, 100));
  }

  @Test
  void allRatesOfACallerHoldAtOnce() {
    laidDown.put(APP.id(), rates("10/s", "15/m", "1000/d"));
    var limits = limits("1/d");

    assertEquals(10, allowed(limits, APP, 10));
    pass(1_000);
    assertEquals(5, allowed(limits, APP, 5));
    pass(1_000);
    assertEquals(Optional.of(Duration.ofSeconds(2)), limits.take(APP));
  }

  @Test
  void callersDoNotCountForEachOther() {
    var limits = limits("5/s");

    assertEquals(5, allowed(limits, APP, 10));
    assertEquals(5, allowed(limits, caller("cn:other"), 10));
  }

  @Test
  void aCallerIsItsIdOnWhateverConnection() {
    var limits = limits("5/s");

    var calls = Stream.generate(() -> caller("cn:app")).limit(10);

    assertEquals(5, calls.filter(caller -> limits.take(caller).isEmpty()).count());
  }

  @Test
  void callersWithoutTlsAreOneCaller() {
    var limits = limits("5/s");

    var calls = Stream.generate(InsecureCaller::new).limit(10);

    assertEquals(5, calls.filter(caller -> limits.take(caller).isEmpty()).count());
  }

  @Test
  void otherRatesHoldAtOnceAndTheSameGoOnCounting() {
    var limits = limits("5/d");
    assertEquals(5, allowed(limits, APP, 10));

    laidDown.put(APP.id(), rates("7/d"));
    assertEquals(7, allowed(limits, APP, 10));

    laidDown.put(APP.id(), rates("7/d"));
    assertEquals(0, allowed(limits, APP, 10));

    laidDown.clear();
    assertEquals(0, allowed(limits, APP, 10));
  }

  /// Two tokens of one subject, only one of which is in a group with rates of its own.
  @Test
  void aCallerCannotHaveAFullBucketByTakingTurnsWithItself() {
    var plain = token(Set.of());
    var grouped = token(Set.of("batch"));
    var limits =
        new CallerLimits(
            caller -> caller.equals(grouped) ? rates("3/d") : List.of(),
            Rate.parse("5/d").orElseThrow(),
            time);

    var allowed =
        IntStream.range(0, 100)
            .filter(i -> limits.take(i % 2 == 0 ? plain : grouped).isEmpty())
            .count();

    assertEquals(8, allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "100/s burst 1, 50",
    "100/s burst 10, 200",
    "20000/s burst 40000, 50000",
    "10/s burst 1, 90",
    "60/m burst 1, 9",
  })
  void everyCallThatComesBackWhenItWasToldGoesOn(String rate, int calls) {
    var limits = limits(rate);
    var turns = new PriorityQueue<Long>();
    for (var i = 0; i < calls; i++) {
      limits.take(APP).ifPresent(wait -> turns.add(wait.toNanos()));
    }

    var waited = turns.size();
    var longest = turns.stream().mapToLong(Long::longValue).max().orElseThrow();
    var now = 0L;
    while (!turns.isEmpty()) {
      var turn = turns.remove();
      time.pass(Duration.ofNanos(turn - now));
      now = turn;
      assertEquals(Optional.empty(), limits.take(APP), turn + " ns");
    }
    System.out.printf(
        "proof: %s: %d calls at once, %d had to wait, %d ms at most, 0 were refused twice%n",
        rate, calls, waited, longest / 1_000_000);
  }

  @Test
  void aCallIsNeverToldToWaitMuchLongerThanTheFirst() {
    var limits = limits("10/s burst 1");
    var waits = new ArrayList<Duration>();

    for (var i = 0; i < 1_000; i++) {
      limits.take(APP).ifPresent(waits::add);
    }

    assertEquals(Duration.ofMillis(100), waits.getFirst());
    assertEquals(Duration.ofMillis(10_100), waits.getLast());
  }

  @Test
  void turnsAreSpacedByTheSlowestRateThatIsUsedUp() {
    laidDown.put(APP.id(), rates("10/s", "600/h burst 10"));
    var limits = limits("1/d");
    assertEquals(10, allowed(limits, APP, 10));

    assertEquals(Optional.of(Duration.ofSeconds(6)), limits.take(APP));
    assertEquals(Optional.of(Duration.ofSeconds(12)), limits.take(APP));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "999999999/s burst 999999999",
        "999999999/d burst 999999999",
        "1/d burst 999999999",
        "1/s burst 1",
        "1/d"
      })
  void everyRateThatCanBeWrittenCounts(String rate) {
    var limits = limits(rate);

    assertEquals(Optional.empty(), limits.take(APP));
    pass(Duration.ofDays(366).toMillis());
    assertEquals(Optional.empty(), limits.take(APP));
  }

  @Test
  void refusalsAreCounted() {
    var limits = limits("5/d");

    assertEquals(5, allowed(limits, APP, 12));

    assertEquals(7, limits.refusals());
  }

  @Test
  void aCallerIsForgottenWhenItsBucketIsFullAgain() {
    laidDown.put("cn:app", rates("1/s burst 30"));
    laidDown.put("cn:slow", rates("100/s", "1/m"));
    var limits = limits("1/d");
    var _ = limits.take(APP);
    var _ = limits.take(caller("cn:slow"));

    pass(29_900);
    assertEquals(2, limits.callers());
    pass(200);
    assertEquals(1, limits.callers());
    pass(30_000);
    assertEquals(0, limits.callers());
  }

  @Test
  void theNumberOfCallersIsBounded() {
    var limits = limits("1/d");

    for (var i = 0; i < CallerLimits.MAX_CALLERS + 10_000; i++) {
      var _ = limits.take(caller("cn:" + i));
    }

    assertTrue(limits.callers() <= CallerLimits.MAX_CALLERS);
  }

  @Test
  void countingCostsNextToNothing() {
    var limits =
        new CallerLimits(
            caller -> List.of(),
            Rate.parse("20000/s burst 999999999").orElseThrow(),
            TimeMeter.SYSTEM_NANOTIME);
    assertEquals(CALLS, allowed(limits, APP, CALLS));
    var begin = System.nanoTime();

    assertEquals(CALLS, allowed(limits, APP, CALLS));

    if (FULL) {
      System.out.printf(
          "proof: counting one call of a caller takes %d ns%n",
          (System.nanoTime() - begin) / CALLS);
    }
  }

  private CallerLimits limits(String byDefault) {
    return new CallerLimits(
        caller -> laidDown.getOrDefault(caller.id(), List.of()),
        Rate.parse(byDefault).orElseThrow(),
        time);
  }

  private static List<Rate> rates(String... texts) {
    return Stream.of(texts).map(text -> Rate.parse(text).orElseThrow()).toList();
  }

  private void pass(long millis) {
    time.pass(Duration.ofMillis(millis));
  }

  private static int allowed(CallerLimits limits, Caller caller, int calls) {
    var allowed = 0;
    for (var i = 0; i < calls; i++) {
      if (limits.take(caller).isEmpty()) {
        allowed++;
      }
    }
    return allowed;
  }

  private static Caller caller(String id) {
    return new CertificateCaller(id, "", Instant.MAX, "");
  }

  private static Caller token(Set<String> groups) {
    return new TokenCaller("https://idp", "alice", groups, Instant.MAX, Optional.empty());
  }
}
