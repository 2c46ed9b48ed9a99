package dev.keyservice.rpc;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.ListenAddress;
import io.quarkus.runtime.LaunchMode;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/// The port of metrics and health, plain HTTP. Quarkus opens it and its settings are Quarkus's.
final class ManagementPort {
  private static final String PORT = "quarkus.management.port";
  private static final String HOST = "quarkus.management.host";
  private static final String ENABLED = "quarkus.management.host-enabled";

  private ManagementPort() {}

  /// Where it is, or nothing when it is turned off. Where the setting says 0, that is the port here
  /// as well until it is open, and then the one in use.
  static Optional<ListenAddress> address(Config config) {
    if (!config.getValue(ENABLED, Boolean.class)) {
      return Optional.empty();
    }
    var port = config.getValue(PORT, Integer.class);
    if (port < 0 || port > 65535) {
      throw new SettingRefused(PORT, port + " is not a port; take 0 to 65535");
    }
    return Optional.of(new ListenAddress(config.getValue(HOST, String.class), port));
  }

  /// Ends the start when the port cannot be opened.
  ///
  /// Quarkus opens it last, when calls are already answered, and says with a stack trace that it
  /// could not; so it is tried here, before anything is served. Not in dev mode, where it stays
  /// open while the service is reloaded.
  ///
  /// @throws SettingRefused with the address and what is wrong with it
  static void requireFree(Config config) {
    if (!LaunchMode.current().isDevOrTest()) {
      address(config).ifPresent(ManagementPort::open);
    }
  }

  private static void open(ListenAddress address) {
    try (var socket = new ServerSocket()) {
      socket.bind(address.toSocketAddress());
    } catch (IOException e) {
      throw new SettingRefused(PORT, address + " cannot be listened on: " + e.getMessage());
    }
  }
}
