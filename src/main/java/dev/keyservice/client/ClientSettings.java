package dev.keyservice.client;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.TlsFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Where the service is, and the files with which both sides prove themselves.
///
/// Each setting is a property, such as `keyservice.tls.ca-file`, or an environment variable of the
/// same name, `KEYSERVICE_TLS_CA_FILE`. The property wins, and an empty value is none.
///
/// @param host name or address to dial, an IPv6 address without brackets
/// @param tlsFiles without a CA the authorities of the system are believed
/// @param serverName the name expected in the server's certificate; none means the host dialled
public record ClientSettings(
    String host, int port, TlsFiles tlsFiles, @Nullable String serverName) {
  static final String ADDRESS = "KEYSERVICE_ADDRESS";
  static final String CA_FILE = "KEYSERVICE_TLS_CA_FILE";
  static final String CERT_FILE = "KEYSERVICE_TLS_CERT_FILE";
  static final String KEY_FILE = "KEYSERVICE_TLS_KEY_FILE";
  static final String SERVER_NAME = "KEYSERVICE_TLS_SERVER_NAME";

  private static final String DEFAULT_ADDRESS = "localhost:8443";

  /// Reads the settings of this process.
  ///
  /// @throws SettingRefused naming the setting at fault
  public static ClientSettings read() {
    var properties = System.getProperties();
    return read(
        properties.stringPropertyNames().stream()
            .collect(Collectors.toMap(name -> name, properties::getProperty)),
        System.getenv());
  }

  /// Reads the settings from elsewhere.
  ///
  /// @throws SettingRefused naming the setting at fault
  public static ClientSettings read(Map<String, String> properties, Map<String, String> variables) {
    var source = new Source(properties, variables);
    var address = source.text(ADDRESS, "keyservice.address").orElse(DEFAULT_ADDRESS);
    var parsed = ListenAddress.parse(ADDRESS, address);
    if (parsed.port() == 0) {
      throw new SettingRefused(ADDRESS, "'" + address + "' names no port; give host:port");
    }
    var files =
        TlsFiles.ofClient(
            source.file(CA_FILE, "keyservice.tls.ca-file"),
            source.file(CERT_FILE, "keyservice.tls.cert-file"),
            source.file(KEY_FILE, "keyservice.tls.key-file"));
    var serverName = source.text(SERVER_NAME, "keyservice.tls.server-name").orElse(null);
    return new ClientSettings(parsed.host(), parsed.port(), files, serverName);
  }

  /// `host:port`, as it is written in the setting.
  public String address() {
    return new ListenAddress(host, port).toString();
  }

  /// The name that the server's certificate must carry.
  public String expectedName() {
    return serverName == null ? host : serverName;
  }

  private record Source(Map<String, String> properties, Map<String, String> variables) {
    Optional<String> text(String variable, String property) {
      return Optional.ofNullable(properties.get(property))
          .or(() -> Optional.ofNullable(variables.get(variable)))
          .filter(value -> !value.isEmpty());
    }

    @Nullable Path file(String variable, String property) {
      var value = text(variable, property);
      try {
        return value.map(Path::of).orElse(null);
      } catch (InvalidPathException e) {
        throw new SettingRefused(variable, "is not the name of a file");
      }
    }
  }
}
