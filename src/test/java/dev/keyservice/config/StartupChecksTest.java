package dev.keyservice.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.keyservice.failure.SettingRefused;
import io.smallrye.config.ConfigMappings;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StartupChecksTest {

  @Test
  void acceptsEverySettingInBothSpellings() {
    var properties = Arrays.stream(Setting.values()).map(Setting::property).toList();
    var variables =
        Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());

    assertDoesNotThrow(() -> StartupChecks.refuseUnknownSettings(properties, variables));
  }

  @Test
  void namesTheNearestVariableForAMisspeltOne() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () ->
                StartupChecks.refuseUnknownSettings(
                    List.of(), Set.of("PATH", "KEYSERVICE_TLS_CERTFILE")));

    assertEquals("KEYSERVICE_TLS_CERTFILE", refused.setting());
    assertEquals(
        "KEYSERVICE_TLS_CERTFILE: there is no such setting; did you mean KEYSERVICE_TLS_CERT_FILE?",
        refused.getMessage());
  }

  @Test
  void namesTheNearestPropertyForAMisspeltOne() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () ->
                StartupChecks.refuseUnknownSettings(
                    List.of("quarkus.log.level", "keyservice.polcy-file"), Set.of()));

    assertEquals(
        "keyservice.polcy-file: there is no such setting; did you mean keyservice.policy-file?",
        refused.getMessage());
  }

  @Test
  void aVariableInTheSpellingOfAPropertyIsCheckedToo() {
    var refused =
        assertThrows(
            SettingRefused.class,
            () -> StartupChecks.refuseUnknownSettings(List.of(), Set.of("keyservice.lisen")));

    assertEquals("keyservice.lisen", refused.setting());
  }

  @Test
  void ignoresTheVariablesThatKubernetesMakesOfAServiceCalledKeyservice() {
    var links =
        Set.of(
            "KEYSERVICE_SERVICE_HOST",
            "KEYSERVICE_SERVICE_PORT",
            "KEYSERVICE_SERVICE_PORT_GRPC",
            "KEYSERVICE_PORT",
            "KEYSERVICE_PORT_8443_TCP",
            "KEYSERVICE_PORT_8443_TCP_ADDR");

    assertDoesNotThrow(() -> StartupChecks.refuseUnknownSettings(List.of(), links));
  }

  @Test
  void everySettingOfTheServiceIsListed() {
    var mapped =
        ConfigMappings.getProperties(
                ConfigMappings.ConfigClass.configClass(KeyServiceConfig.class, "keyservice"))
            .keySet();

    var listed = Arrays.stream(Setting.values()).map(Setting::property).toList();
    var unlisted = new TreeSet<>(mapped);
    listed.forEach(unlisted::remove);
    assertEquals(Set.of(), unlisted);
  }
}
