package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSettingsTest {
  @Test
  void hasDefaults() {
    var settings = ClientSettings.read(Map.of(), Map.of());

    assertEquals("localhost:8443", settings.address());
    assertEquals("localhost", settings.expectedName());
    assertNull(settings.tlsFiles().ca());
    assertNull(settings.tlsFiles().certificate());
  }

  @Test
  void readsEveryVariable() {
    var settings =
        ClientSettings.read(
            Map.of(),
            Map.of(
                "KEYSERVICE_ADDRESS", "[::1]:9443",
                "KEYSERVICE_TLS_CA_FILE", "ca.pem",
                "KEYSERVICE_TLS_CERT_FILE", "me.pem",
                "KEYSERVICE_TLS_KEY_FILE", "me-key.pem",
                "KEYSERVICE_TLS_SERVER_NAME", "keys.example"));

    assertEquals("::1", settings.host());
    assertEquals(9443, settings.port());
    assertEquals("[::1]:9443", settings.address());
    assertEquals(Path.of("ca.pem"), settings.tlsFiles().ca());
    assertEquals(Path.of("me.pem"), settings.tlsFiles().certificate());
    assertEquals(Path.of("me-key.pem"), settings.tlsFiles().key());
    assertEquals("keys.example", settings.expectedName());
  }

  @Test
  void letsAPropertyBeatTheVariable() {
    var settings =
        ClientSettings.read(
            Map.of("keyservice.address", "one:1", "keyservice.tls.ca-file", "one.pem"),
            Map.of("KEYSERVICE_ADDRESS", "two:2", "KEYSERVICE_TLS_CA_FILE", "two.pem"));

    assertEquals("one:1", settings.address());
    assertEquals(Path.of("one.pem"), settings.tlsFiles().ca());
  }

  @Test
  void takesAnEmptyValueForNone() {
    var settings =
        ClientSettings.read(
            Map.of(),
            Map.of(
                "KEYSERVICE_ADDRESS", "",
                "KEYSERVICE_TLS_CA_FILE", "",
                "KEYSERVICE_TLS_CERT_FILE", "",
                "KEYSERVICE_TLS_KEY_FILE", "",
                "KEYSERVICE_TLS_SERVER_NAME", ""));

    assertEquals(ClientSettings.read(Map.of(), Map.of()), settings);
  }

  @Test
  void refusesACertificateWithoutItsKey() {
    assertRefuses("KEYSERVICE_TLS_KEY_FILE", Map.of("KEYSERVICE_TLS_CERT_FILE", "me.pem"));
  }

  @Test
  void refusesAKeyWithoutItsCertificate() {
    assertRefuses("KEYSERVICE_TLS_CERT_FILE", Map.of("KEYSERVICE_TLS_KEY_FILE", "me-key.pem"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:",
        ":8443",
        "localhost:0",
        "localhost:65536",
        "::1:1",
        "https://a:1"
      })
  void refusesAnAddressThatIsNone(String address) {
    assertRefuses("KEYSERVICE_ADDRESS", Map.of("KEYSERVICE_ADDRESS", address));
  }

  private static void assertRefuses(String setting, Map<String, String> variables) {
    var refused =
        assertThrows(SettingRefused.class, () -> ClientSettings.read(Map.of(), variables));
    assertEquals(setting, refused.setting());
    assertTrue(refused.getMessage().startsWith(setting + ": "), refused.getMessage());
  }
}
