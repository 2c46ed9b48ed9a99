package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.call.Rate;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.testing.TestLimits;
import dev.keyservice.transport.ServerLimits;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitSettingsTest {
  @Test
  void whatHoldsWhenNothingIsSet() {
    assertEquals(
        new ServerLimits(
            1_572_864,
            16_384,
            4_096,
            1_024,
            200,
            Duration.ofSeconds(10),
            Duration.ofMinutes(15),
            Duration.ofMinutes(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofSeconds(10),
            200,
            Duration.ofSeconds(30),
            Duration.ofMillis(1),
            Duration.ofSeconds(20)),
        TestLimits.byDefault());
  }

  @ParameterizedTest
  @CsvSource({
    "1179648, 1179648",
    "1200KiB, 1228800",
    "2MiB, 2097152",
  })
  void sizesAreBytesOrHaveAUnit(String text, int bytes) {
    assertEquals(
        bytes, TestLimits.with(Map.of("keyservice.limits.message-size", text)).messageBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "message-size, 1 GB, KiB or MiB",
    "message-size, 1KiB, must be from 1179648 to 16777216 bytes",
    "message-size, 999999999MiB, must be from",
    "metadata-size, -1, is no size",
    "connections, 0, must be from 1 to 1000000",
    "connections-per-address, many, is no whole number",
    "calls-per-connection, 1000001, must be from 1 to 1000000",
    "idle-timeout, soon, is no duration",
    "connection-age, 100ms, is no duration",
    "connection-age, 0.5s, must be from 1s to 24h",
    "nonce-uses, 999, must be from 1000 to 4294967296",
    "nonce-uses, 4294967297, must be from 1000 to 4294967296",
    "nonce-uses, 2^32, is no whole number",
    "keyring, 99, must be from 100 to 1000000",
    "reset-window, 25h, must be from 1s to 24h",
  })
  void whatIsOutOfBoundsIsRefusedByItsName(String name, String value, String says) {
    var config = TestLimits.config(Map.of("keyservice.limits." + name, value));

    assertRefused(
        name,
        says,
        () -> {
          var _ = LimitSettings.read(config);
          var _ = LimitSettings.nonceUses(config);
          var _ = LimitSettings.keyring(config);
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 4_294_967_296L})
  void usesGoUpToWhatTheAlgorithmsAllow(long uses) {
    var config = TestLimits.config(Map.of("keyservice.limits.nonce-uses", "" + uses));

    assertEquals(uses, LimitSettings.nonceUses(config).uses());
  }

  @Test
  void ratesThatHoldWhenNothingIsSet() {
    var config = TestLimits.config(Map.of());

    assertEquals(
        new Rate(20_000, Duration.ofSeconds(1), 40_000), LimitSettings.callsPerCaller(config));
    assertEquals(new Rate(20, Duration.ofSeconds(1), 100), LimitSettings.refusedTokens(config));
  }

  @ParameterizedTest
  @CsvSource({
    "100/s, 100, PT1S, 100",
    "5/m burst 1, 5, PT1M, 1",
    "10000/h, 10000, PT1H, 10000",
    "1/d burst 999999999, 1, PT24H, 999999999",
  })
  void ratesHaveAWindowAndPerhapsABurst(String text, long calls, Duration window, long burst) {
    var config = TestLimits.config(Map.of("keyservice.limits.calls-per-caller", text));

    assertEquals(new Rate(calls, window, burst), LimitSettings.callsPerCaller(config));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0/s",
        "-1/s",
        "1",
        "/s",
        "1/w",
        "1 /s",
        "1/s burst 0",
        "1/s burst",
        "1000000000/s"
      })
  void whatIsNoRateIsRefusedByTheNameOfItsSetting(String text) {
    var calls = TestLimits.config(Map.of("keyservice.limits.calls-per-caller", text));
    var tokens = TestLimits.config(Map.of("keyservice.limits.refused-tokens", text));

    assertRefused("calls-per-caller", "is no rate", () -> LimitSettings.callsPerCaller(calls));
    assertRefused("refused-tokens", "is no rate", () -> LimitSettings.refusedTokens(tokens));
  }

  private static void assertRefused(String name, String says, Executable reading) {
    var refused = assertThrows(SettingRefused.class, reading);

    var variable = "KEYSERVICE_LIMITS_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    assertEquals(variable, refused.setting());
    assertEquals(true, refused.getMessage().contains(says), refused.getMessage());
  }
}
