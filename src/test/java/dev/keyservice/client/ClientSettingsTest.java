package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.TlsTimes;
import java.nio.file.Path;
import java.time.Duration;
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
    assertNull(settings.tlsFiles().crl());
    assertEquals(TlsTimes.DEFAULT, settings.tlsTimes());
    assertTrue(settings.tls());
    assertNull(settings.tokenFile());
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
                "KEYSERVICE_TLS_CRL_FILE", "crl.pem",
                "KEYSERVICE_TLS_CRL_GRACE", "1h",
                "KEYSERVICE_TLS_POLL_INTERVAL", "1m",
                "KEYSERVICE_TLS_SERVER_NAME", "keys.example",
                "KEYSERVICE_TOKEN_FILE", "token"));

    assertEquals("::1", settings.host());
    assertEquals(9443, settings.port());
    assertEquals("[::1]:9443", settings.address());
    assertEquals(Path.of("ca.pem"), settings.tlsFiles().ca());
    assertEquals(Path.of("me.pem"), settings.tlsFiles().certificate());
    assertEquals(Path.of("me-key.pem"), settings.tlsFiles().key());
    assertEquals(Path.of("crl.pem"), settings.tlsFiles().crl());
    assertEquals(new TlsTimes(Duration.ofHours(1), Duration.ofMinutes(1)), settings.tlsTimes());
    assertEquals("keys.example", settings.expectedName());
    assertEquals(Path.of("token"), settings.tokenFile());
  }

  @ParameterizedTest
  @ValueSource(strings = {"keys.example", "10.0.0.1", "fd00::7", "[fd00::7]", "key_service"})
  void takesANameOrAnAddressForTheServersName(String name) {
    var settings = ClientSettings.read(Map.of(), Map.of("KEYSERVICE_TLS_SERVER_NAME", name));

    assertEquals(name.replaceAll("[\\[\\]]", ""), settings.expectedName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"keys.example:8443", "[fd00::7]:8443", ":::", "a b", "a/b", "*.example"})
  void refusesAServersNameThatIsNone(String name) {
    assertRefuses("KEYSERVICE_TLS_SERVER_NAME", Map.of("KEYSERVICE_TLS_SERVER_NAME", name));
  }

  @Test
  void refusesRevocationListsWithoutTheAuthoritiesThatSignThem() {
    assertRefuses("KEYSERVICE_TLS_CRL_FILE", Map.of("KEYSERVICE_TLS_CRL_FILE", "crl.pem"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEYSERVICE_TLS_CRL_GRACE", "KEYSERVICE_TLS_POLL_INTERVAL"})
  void refusesATimeThatIsNone(String setting) {
    assertRefuses(setting, Map.of(setting, "often"));
  }

  @Test
  void turnsTlsOff() {
    var settings = ClientSettings.read(Map.of(), Map.of("KEYSERVICE_TLS_ENABLED", "false"));

    assertEquals(ClientSettings.inPlaintext("localhost", 8443), settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"no", "0", "False", "off"})
  void refusesAWordThatIsNeitherTrueNorFalse(String word) {
    assertRefuses("KEYSERVICE_TLS_ENABLED", Map.of("KEYSERVICE_TLS_ENABLED", word));
  }

  @Test
  void refusesWithoutTlsWhatOnlyTlsLooksAt() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () ->
                ClientSettings.read(
                    Map.of("keyservice.tls.crl-file", "crl.pem"),
                    Map.of(
                        "KEYSERVICE_TLS_ENABLED", "false",
                        "KEYSERVICE_TLS_CA_FILE", "ca.pem",
                        "KEYSERVICE_TLS_CERT_FILE", "me.pem",
                        "KEYSERVICE_TLS_KEY_FILE", "me-key.pem",
                        "KEYSERVICE_TLS_SERVER_NAME", "keys.example")));

    assertEquals(
        "KEYSERVICE_TLS_ENABLED: is false, which contradicts KEYSERVICE_TLS_CA_FILE,"
            + " KEYSERVICE_TLS_CERT_FILE, KEYSERVICE_TLS_KEY_FILE, KEYSERVICE_TLS_CRL_FILE,"
            + " KEYSERVICE_TLS_SERVER_NAME; without TLS nothing of that would be looked at",
        refused.getMessage());
  }

  @Test
  void refusesATokenWithoutTls() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () ->
                ClientSettings.read(
                    Map.of(),
                    Map.of("KEYSERVICE_TLS_ENABLED", "false", "KEYSERVICE_TOKEN_FILE", "token")));

    assertEquals(
        "KEYSERVICE_TOKEN_FILE: a token is only sent over TLS, and KEYSERVICE_TLS_ENABLED is false",
        refused.getMessage());
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
        "a/b:1",
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
