package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.util.List;

/// What stands between the port and whoever connects to it.
public sealed interface PortSecurity {
  /// TLS 1.3.
  ///
  /// @param clients whether a client must have a certificate
  record Tls(ClientCertificates clients) implements PortSecurity {}

  /// Nothing: anyone on this machine may call and read what is sent. For development alone.
  record Plaintext() implements PortSecurity {}

  /// Reads the settings that say so.
  ///
  /// @param enabled whether there is TLS: `true` or `false`
  /// @param clientAuth whether a client must have a certificate: `required` or `optional`
  /// @throws SettingRefused naming the one that is something else
  static PortSecurity parse(String enabled, String clientAuth) {
    var clients = ClientCertificates.parse(clientAuth);
    return TlsSwitch.isOn(enabled) ? new Tls(clients) : new Plaintext();
  }

  /// Ends the start where this must not be: without TLS the service is for development, and for
  /// callers on the same machine.
  ///
  /// @param profiles the active profiles of Quarkus
  /// @throws SettingRefused when there is no TLS, and one of the two is not so
  default void requireAllowed(ListenAddress listen, List<String> profiles) {
    switch (this) {
      case Tls _ -> {}
      case Plaintext _ -> {
        if (!profiles.contains(TlsSwitch.DEVELOPMENT)) {
          throw TlsSwitch.mustBeOn(
              "without TLS the service runs in the profile dev alone, and this is "
                  + String.join(",", profiles));
        }
        if (!listen.isLoopback()) {
          throw TlsSwitch.mustBeOn(
              "without TLS the service listens on loopback alone, and KEYSERVICE_LISTEN is "
                  + listen);
        }
      }
    }
  }

  /// In the words of the line that says that the service is ready.
  default String describe() {
    return switch (this) {
      case Tls(var clients) ->
          switch (clients) {
            case REQUIRED -> "mutual TLS 1.3";
            case OPTIONAL -> "TLS 1.3, client certificates optional";
          };
      case Plaintext _ -> "no TLS, for callers on this machine";
    };
  }
}
