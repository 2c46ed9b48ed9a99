package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTimesTest {
  @ParameterizedTest
  @CsvSource({"0s, PT0S", "90s, PT90S", "5m, PT5M", "12h, PT12H", "7d, P7D", "1h30m, PT1H30M"})
  void readsANumberWithItsUnit(String written, Duration meant) {
    assertEquals(meant, TlsTimes.parse(written, "10s").crlGrace());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "s", "10", "-1s", "10 s", "PT10S", "367d", "1e3s", "99999999999999999999s"})
  void refusesWhatIsNoDurationOrOutOfRange(String written) {
    var refused = assertThrows(SettingRefused.class, () -> TlsTimes.parse(written, "10s"));

    assertEquals("KEYSERVICE_TLS_CRL_GRACE", refused.setting());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "0.05s", "-10s", "400d"})
  void refusesToPollAllTheTimeOrNever(String written) {
    var refused = assertThrows(SettingRefused.class, () -> TlsTimes.parse("0s", written));

    assertEquals("KEYSERVICE_TLS_POLL_INTERVAL", refused.setting());
  }

  @Test
  void saysHowADurationIsWritten() {
    var refused = assertThrows(SettingRefused.class, () -> TlsTimes.parse("soon", "10s"));

    assertTrue(refused.getMessage().contains("such as 10s"), refused.getMessage());
  }
}
