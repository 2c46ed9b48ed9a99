package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.failure.SettingRefused;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementPortTest {
  private static Config config(String host, int port, boolean enabled) {
    return new SmallRyeConfigBuilder()
        .withDefaultValue("quarkus.management.host", host)
        .withDefaultValue("quarkus.management.port", Integer.toString(port))
        .withDefaultValue("quarkus.management.host-enabled", Boolean.toString(enabled))
        .build();
  }

  @Test
  void anyFreePortIsFree() {
    assertDoesNotThrow(() -> ManagementPort.requireFree(config("127.0.0.1", 0, true)));
  }

  @Test
  void aPortInUseIsRefusedUnlessItIsTurnedOff() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = taken.getLocalPort();

      var refused =
          assertThrows(
              SettingRefused.class,
              () -> ManagementPort.requireFree(config("127.0.0.1", port, true)));

      assertEquals("quarkus.management.port", refused.setting());
      assertTrue(refused.getMessage().contains("127.0.0.1:" + port), refused.getMessage());
      assertDoesNotThrow(() -> ManagementPort.requireFree(config("127.0.0.1", port, false)));
    }
  }

  @Test
  void anAddressOfAnotherMachineIsRefused() {
    assertThrows(
        SettingRefused.class, () -> ManagementPort.requireFree(config("192.0.2.1", 0, true)));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 65_536})
  void aNumberThatIsNoPortIsRefused(int port) {
    assertThrows(
        SettingRefused.class, () -> ManagementPort.requireFree(config("127.0.0.1", port, true)));
  }

  @Test
  void thereIsNoAddressOfOneThatIsTurnedOff() {
    assertEquals(Optional.empty(), ManagementPort.address(config("127.0.0.1", 9000, false)));
    assertEquals(
        "[::1]:9000",
        ManagementPort.address(config("::1", 9000, true)).map(Object::toString).orElseThrow());
  }
}
