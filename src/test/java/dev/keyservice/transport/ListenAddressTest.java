package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressTest {
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0:8443, 0.0.0.0, 8443",
    "[::]:8443, ::, 8443",
    "[fe80::1%eth0]:1, fe80::1%eth0, 1",
    "localhost:0, localhost, 0",
    "keyservice.internal:65535, keyservice.internal, 65535"
  })
  void readsHostAndPort(String value, String host, int port) {
    var address = ListenAddress.parse("KEYSERVICE_LISTEN", value);

    assertEquals(new ListenAddress(host, port), address);
    assertEquals(value, address.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "8443", ":8443", "host", "host:", "host:65536", "::1:8443", "[::1]", "a b:1"})
  void refusesEverythingElse(String value) {
    var refused =
        assertThrows(SettingRefused.class, () -> ListenAddress.parse("KEYSERVICE_LISTEN", value));

    assertEquals("KEYSERVICE_LISTEN", refused.setting());
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true",
    "localhost, true",
    "::1, true",
    "0.0.0.0, false",
    "::, false",
    "192.0.2.1, false",
    "no-such-host.invalid, false"
  })
  void knowsWhetherItIsLoopback(String host, boolean isLoopback) {
    assertEquals(isLoopback, new ListenAddress(host, 1).isLoopback());
  }

  @Test
  void givesASocketAddress() {
    assertTrue(new ListenAddress("::1", 0).toSocketAddress().getAddress().isLoopbackAddress());
  }
}
