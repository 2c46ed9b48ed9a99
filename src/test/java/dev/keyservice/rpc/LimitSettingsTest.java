package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.testing.TestLimits;
import dev.keyservice.transport.ServerLimits;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    "1048576, 1048576",
    "512KiB, 524288",
    "2MiB, 2097152",
  })
  void sizesAreBytesOrHaveAUnit(String text, int bytes) {
    assertEquals(
        bytes, TestLimits.with(Map.of("keyservice.limits.message-size", text)).messageBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "message-size, 1 GB, KiB or MiB",
    "message-size, 1KiB, must be from 262144 to 16777216 bytes",
    "message-size, 999999999MiB, must be from",
    "metadata-size, -1, is no size",
    "connections, 0, must be from 1 to 1000000",
    "connections-per-address, many, is no whole number",
    "calls-per-connection, 1000001, must be from 1 to 1000000",
    "idle-timeout, soon, is no duration",
    "connection-age, 100ms, is no duration",
    "connection-age, 0.5s, must be from 1s to 24h",
    "reset-window, 25h, must be from 1s to 24h",
  })
  void whatIsOutOfBoundsIsRefusedByItsName(String name, String value, String says) {
    var refused =
        assertThrows(
            SettingRefused.class,
            () -> TestLimits.with(Map.of("keyservice.limits." + name, value)));

    var variable = "KEYSERVICE_LIMITS_" + name.toUpperCase(java.util.Locale.ROOT).replace('-', '_');
    assertEquals(variable, refused.setting());
    assertEquals(true, refused.getMessage().contains(says), refused.getMessage());
  }
}
