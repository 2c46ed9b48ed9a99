package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import java.net.InetSocketAddress;
import java.util.regex.Pattern;

/// Where the server listens.
///
/// @param host name or address of a local interface, an IPv6 address without brackets
/// @param port 1 to 65535, or 0 for any free port
public record ListenAddress(String host, int port) {
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:\\[(?<v6>[0-9A-Fa-f:.]+(?:%\\w+)?)]|(?<host>[^\\[\\]:\\s]+)):(?<port>\\d{1,5})");

  public ListenAddress {
    if (host.isBlank() || port < 0 || port > 65535) {
      throw new IllegalArgumentException("not an address to listen on: " + host + " port " + port);
    }
  }

  /// Reads `host:port`, an IPv6 address in brackets.
  ///
  /// @param setting what to name in the refusal
  /// @throws SettingRefused when the value is neither
  public static ListenAddress parse(String setting, String value) {
    var parts = SYNTAX.matcher(value);
    if (!parts.matches() || Integer.parseInt(parts.group("port")) > 65535) {
      throw new SettingRefused(
          setting, "'" + value + "' is not host:port, such as 0.0.0.0:8443 or [::]:8443");
    }
    var host = parts.group("v6") == null ? parts.group("host") : parts.group("v6");
    return new ListenAddress(host, Integer.parseInt(parts.group("port")));
  }

  /// The same for a socket; a name is resolved now.
  public InetSocketAddress toSocketAddress() {
    return new InetSocketAddress(host, port);
  }

  /// Whether only this machine can connect; a name is resolved now, and one that cannot be is not.
  boolean isLoopback() {
    var address = toSocketAddress().getAddress();
    return address != null && address.isLoopbackAddress();
  }

  /// As it is written in the setting.
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
