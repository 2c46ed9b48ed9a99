package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.SettingRefused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortSecurityTest {
  private static final ListenAddress EVERYWHERE = new ListenAddress("0.0.0.0", 8443);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true  | required | mutual TLS 1.3",
        "true  | optional | TLS 1.3, client certificates optional",
        "false | required | no TLS, for callers on this machine",
        "false | optional | no TLS, for callers on this machine"
      })
  void isWhatTheSettingsSay(String enabled, String clientAuth, String words) {
    assertEquals(words, PortSecurity.parse(enabled, clientAuth).describe());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "Optional", "", "true", "optional "})
  void refusesAWordThatIsNeitherRequiredNorOptional(String word) {
    assertRefused(
        "KEYSERVICE_TLS_CLIENT_AUTH: '" + word + "' must be required or optional",
        () -> PortSecurity.parse("true", word));
  }

  @ParameterizedTest
  @ValueSource(strings = {"no", "0", "off", "FALSE", "False", "false "})
  void refusesAWordThatIsNeitherTrueNorFalse(String word) {
    assertRefused(
        "KEYSERVICE_TLS_ENABLED: '" + word + "' must be true or false",
        () -> PortSecurity.parse(word, "required"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"required", "optional"})
  void withTlsItMayBeAnywhere(String clientAuth) {
    var tls = PortSecurity.parse("true", clientAuth);

    assertDoesNotThrow(() -> tls.requireAllowed(EVERYWHERE, List.of("prod")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "127.8.9.1", "::1"})
  void withoutTlsItMayBeOnLoopbackForDevelopment(String host) {
    var plaintext = new PortSecurity.Plaintext();
    var loopback = new ListenAddress(host, 0);

    assertDoesNotThrow(() -> plaintext.requireAllowed(loopback, List.of("dev")));
    assertDoesNotThrow(() -> plaintext.requireAllowed(loopback, List.of("mine", "dev")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid"})
  void withoutTlsItMayBeNowhereElse(String host) {
    assertRefused(
        "KEYSERVICE_TLS_ENABLED: must be true: without TLS the service listens on loopback alone,"
            + " and KEYSERVICE_LISTEN is "
            + new ListenAddress(host, 8443),
        () ->
            new PortSecurity.Plaintext()
                .requireAllowed(new ListenAddress(host, 8443), List.of("dev")));
  }

  @Test
  void withoutTlsItMayNotBeInProduction() {
    assertRefused(
        "KEYSERVICE_TLS_ENABLED: must be true: without TLS the service runs in the profile dev"
            + " alone, and this is prod,devel",
        () ->
            new PortSecurity.Plaintext()
                .requireAllowed(new ListenAddress("127.0.0.1", 0), List.of("prod", "devel")));
  }

  private static void assertRefused(
      String message, org.junit.jupiter.api.function.Executable whatIs) {
    assertEquals(message, assertThrows(SettingRefused.class, whatIs).getMessage());
  }
}
