package dev.keyservice.client;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsSwitch;
import dev.keyservice.transport.TlsTimes;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Where the service is, and with what both sides prove themselves.
///
/// Each setting is a property, such as `keyservice.tls.ca-file`, or an environment variable of the
/// same name, `KEYSERVICE_TLS_CA_FILE`. The property wins, and an empty value is none.
///
/// @param host name or address to dial, an IPv6 address without brackets
/// @param tls whether there is TLS; without it neither side proves anything
/// @param tlsFiles without a CA the authorities of the system are believed
/// @param tlsTimes how these files are kept up to date
/// @param serverName the name or address expected in the server's certificate, an IPv6 address
///   without brackets; none means the host dialled
/// @param tokenFile the bearer token that is sent along with every call; none means no token
public record ClientSettings(
    String host,
    int port,
    boolean tls,
    TlsFiles tlsFiles,
    TlsTimes tlsTimes,
    @Nullable String serverName,
    @Nullable Path tokenFile) {
  static final String ADDRESS = "KEYSERVICE_ADDRESS";
  static final String CA_FILE = "KEYSERVICE_TLS_CA_FILE";
  static final String CERT_FILE = "KEYSERVICE_TLS_CERT_FILE";
  static final String KEY_FILE = "KEYSERVICE_TLS_KEY_FILE";
  static final String CRL_FILE = "KEYSERVICE_TLS_CRL_FILE";
  static final String SERVER_NAME = "KEYSERVICE_TLS_SERVER_NAME";
  static final String TOKEN_FILE = "KEYSERVICE_TOKEN_FILE";

  private static final String DEFAULT_ADDRESS = "localhost:8443";
  private static final String DEFAULT_TLS_ENABLED = "true";
  private static final String DEFAULT_CRL_GRACE = "0s";
  private static final String DEFAULT_POLL_INTERVAL = "10s";
  private static final Pattern NAME_OR_IPV4 = Pattern.compile("[\\p{Alnum}._-]+");

  public ClientSettings {
    if (!isHost(host)) {
      throw new SettingRefused(ADDRESS, "'" + host + "' is neither a host name nor an address");
    }
    if (serverName != null && !isHost(serverName)) {
      throw new SettingRefused(
          SERVER_NAME,
          "'" + serverName + "' is neither a host name nor an address; give it without a port");
    }
    if (!tls) {
      refuseWhatNeedsTls(tlsFiles, serverName, tokenFile);
    }
  }

  private static void refuseWhatNeedsTls(
      TlsFiles files, @Nullable String serverName, @Nullable Path tokenFile) {
    if (tokenFile != null) {
      throw new SettingRefused(
          TOKEN_FILE, "a token is only sent over TLS, and " + TlsSwitch.SETTING + " is false");
    }
    var given = new ArrayList<String>();
    addIfGiven(given, CA_FILE, files.ca());
    addIfGiven(given, CERT_FILE, files.certificate());
    addIfGiven(given, KEY_FILE, files.key());
    addIfGiven(given, CRL_FILE, files.crl());
    addIfGiven(given, SERVER_NAME, serverName);
    if (!given.isEmpty()) {
      throw new SettingRefused(
          TlsSwitch.SETTING,
          "is false, which contradicts "
              + String.join(", ", given)
              + "; without TLS nothing of that would be looked at");
    }
  }

  private static void addIfGiven(List<String> given, String setting, @Nullable Object value) {
    if (value != null) {
      given.add(setting);
    }
  }

  /// Settings with files that are kept up to date as by default.
  public ClientSettings(String host, int port, TlsFiles tlsFiles, @Nullable String serverName) {
    this(host, port, true, tlsFiles, TlsTimes.DEFAULT, serverName, null);
  }

  /// The same settings with a token.
  ///
  /// @throws SettingRefused without TLS
  public ClientSettings withToken(Path file) {
    return new ClientSettings(host, port, tls, tlsFiles, tlsTimes, serverName, file);
  }

  /// Settings of a client without TLS, for a service that runs so.
  public static ClientSettings inPlaintext(String host, int port) {
    return new ClientSettings(
        host, port, false, TlsFiles.ofClient(null, null, null), TlsTimes.DEFAULT, null, null);
  }

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
                source.file(KEY_FILE, "keyservice.tls.key-file"))
            .withRevocationLists(source.file(CRL_FILE, "keyservice.tls.crl-file"));
    var times =
        TlsTimes.parse(
            source
                .text("KEYSERVICE_TLS_CRL_GRACE", "keyservice.tls.crl-grace")
                .orElse(DEFAULT_CRL_GRACE),
            source
                .text("KEYSERVICE_TLS_POLL_INTERVAL", "keyservice.tls.poll-interval")
                .orElse(DEFAULT_POLL_INTERVAL));
    var serverName =
        source
            .text(SERVER_NAME, "keyservice.tls.server-name")
            .map(ClientSettings::withoutBrackets)
            .orElse(null);
    var tls =
        TlsSwitch.isOn(
            source.text(TlsSwitch.SETTING, "keyservice.tls.enabled").orElse(DEFAULT_TLS_ENABLED));
    return new ClientSettings(
        parsed.host(),
        parsed.port(),
        tls,
        files,
        times,
        serverName,
        source.file(TOKEN_FILE, "keyservice.token-file"));
  }

  private static boolean isHost(String text) {
    return NAME_OR_IPV4.matcher(text).matches() || isIpv6(text);
  }

  private static boolean isIpv6(String text) {
    try {
      // The scope is for this machine to know, and may be any of its interfaces.
      return InetAddress.ofLiteral(text.replaceFirst("%\\w+$", "")) instanceof Inet6Address;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String withoutBrackets(String name) {
    return name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
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
