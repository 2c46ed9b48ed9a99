package dev.keyservice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MixTest {
  @Test
  void readsKindsWithTheirWeights() {
    var mix = Mix.parse("encrypt=9,mac-sign=1");

    assertEquals(Optional.of(new Mix(Map.of(CallKind.ENCRYPT, 9, CallKind.MAC_SIGN, 1))), mix);
  }

  @Test
  void aKindWithoutAWeightCountsOnce() {
    assertEquals("encrypt=1,decrypt=1", Mix.parse("encrypt,decrypt").orElseThrow().toString());
  }

  @ParameterizedTest
  @EnumSource(CallKind.class)
  void everyKindIsReadByItsWord(CallKind kind) {
    assertEquals(Optional.of(new Mix(Map.of(kind, 1))), Mix.parse(kind.word()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "encrypt,",
        "Encrypt",
        "sign",
        "encrypt=0",
        "encrypt=-1",
        "encrypt=1001",
        "encrypt=1.5",
        "encrypt=",
        "encrypt,encrypt",
        "encrypt decrypt"
      })
  void refusesWhatIsNoMix(String text) {
    assertEquals(Optional.empty(), Mix.parse(text));
  }

  @Test
  void choosesEachKindAsOftenAsItsWeightSays() {
    var mix = Mix.parse("encrypt=8,decrypt=1,whoami=1").orElseThrow();
    var chosen = new EnumMap<CallKind, Integer>(CallKind.class);

    for (var i = 0; i < 10_000; i++) {
      chosen.merge(mix.any(), 1, Integer::sum);
    }

    // Six standard deviations around 8,000 and 1,000.
    assertTrue(Math.abs(chosen.get(CallKind.ENCRYPT) - 8_000) < 240, chosen::toString);
    assertTrue(Math.abs(chosen.get(CallKind.DECRYPT) - 1_000) < 180, chosen::toString);
    assertTrue(Math.abs(chosen.get(CallKind.WHOAMI) - 1_000) < 180, chosen::toString);
  }
}
