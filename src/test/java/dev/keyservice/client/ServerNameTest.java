package dev.keyservice.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.config.Setting;
import dev.keyservice.failure.SettingRefused;
import dev.keyservice.testing.TestCa;
import dev.keyservice.transport.TlsFiles;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The server is always verified, by its issuer and by its name.
class ServerNameTest {
  private static final TestCa CA = new TestCa();

  @TempDir Path directory;

  private TlsFiles clientFiles;

  @BeforeEach
  void writeFiles() throws IOException {
    clientFiles = CA.clientFiles(directory.resolve("client"), CA.client("alice"));
  }

  @ParameterizedTest(name = "{0} expecting {1} of {2}")
  @CsvSource({
    "localhost,,           localhost",
    "127.0.0.1,,           127.0.0.1",
    "::1,,                 ::1",
    "::1,,                 0:0:0:0:0:0:0:1",
    "127.0.0.1,localhost,  localhost",
    "localhost,keys.example,keys.example",
    "localhost,KEYS.example,keys.example",
    "localhost,a.keys.example,*.keys.example",
    "localhost,10.1.2.3,   10.1.2.3",
    "localhost,fd00::7,    fd00::7",
    "::1,127.0.0.1,        127.0.0.1"
  })
  void believesAServerOfTheNameThatIsExpected(String host, @Nullable String name, String san)
      throws IOException {
    try (var service = server(host, san);
        var client =
            KeyServiceClient.open(new ClientSettings(host, service.port(), clientFiles, name))) {
      assertEquals(ServingStatus.SERVING, client.check());
      assertEquals(
          "CN=keyservice",
          client.serverCertificate().orElseThrow().getSubjectX500Principal().toString());
    }
  }

  @ParameterizedTest(name = "{0} expecting {1} of {2}")
  @CsvSource({
    "localhost,,           127.0.0.1",
    "127.0.0.1,,           localhost",
    "127.0.0.1,,           127.0.0.2",
    "::1,,                 ::2",
    "::1,,                 127.0.0.1",
    "localhost,keyservice, localhost",
    "localhost,b.a.keys.example,*.keys.example",
    "localhost,10.1.2.3,   localhost",
    "localhost,fd00::7,    fd00::8"
  })
  void refusesAServerOfAnotherName(String host, @Nullable String name, String san)
      throws IOException {
    try (var service = server(host, san);
        var client =
            KeyServiceClient.open(new ClientSettings(host, service.port(), clientFiles, name))) {
      var refused = assertThrows(ServerUnreachable.class, client::check);

      assertTrue(
          refused.getMessage().startsWith("the server's certificate names "), refused.getMessage());
      assertTrue(client.serverCertificate().isEmpty());
    }
  }

  static Stream<List<String>> settingsAndValues() {
    return Arrays.stream(Setting.values())
        .filter(setting -> setting.name().startsWith("TLS_"))
        .flatMap(setting ->
            Stream.of("", "false", "none", "off", "*")
                .map(value -> List.of(setting.variable(), value)));
  }

  @ParameterizedTest
  @MethodSource("settingsAndValues")
  void noSettingMakesAClientBelieveAServerThatNobodyVouchesFor(List<String> setting)
      throws IOException {
    var stranger = new TestCa("stranger");
    var files = stranger.serverFiles(directory.resolve("stranger"), stranger.server());
    try (var service = StandInService.start(files, Clock.systemUTC())) {
      var variables = new HashMap<>(variables(service));
      variables.put(setting.getFirst(), setting.getLast());

      var refused =
          assertThrows(
              RuntimeException.class,
              () -> {
                try (var client = KeyServiceClient.open(ClientSettings.read(Map.of(), variables))) {
                  var _ = client.check();
                }
              });

      assertTrue(
          refused instanceof ServerUnreachable || refused instanceof SettingRefused,
          refused.toString());
      assertTrue(service.seen().isEmpty());
    }
  }

  /// A new setting of TLS is to be thought about here.
  @Test
  void theSettingsOfTlsAreOnlyTheSwitchFilesTimesAndANameAndForTheServiceWhomItAsks() {
    assertEquals(
        Set.of(
            "TLS_ENABLED",
            "TLS_CLIENT_AUTH",
            "TLS_CA_FILE",
            "TLS_CERT_FILE",
            "TLS_KEY_FILE",
            "TLS_CRL_FILE",
            "TLS_CRL_GRACE",
            "TLS_POLL_INTERVAL",
            "TLS_SERVER_NAME"),
        Arrays.stream(Setting.values())
            .map(Setting::name)
            .filter(name -> name.startsWith("TLS_"))
            .collect(Collectors.toSet()));
  }

  private Map<String, String> variables(StandInService service) {
    return Map.of(
        "KEYSERVICE_ADDRESS", "127.0.0.1:" + service.port(),
        "KEYSERVICE_TLS_CA_FILE", String.valueOf(clientFiles.ca()),
        "KEYSERVICE_TLS_CERT_FILE", String.valueOf(clientFiles.certificate()),
        "KEYSERVICE_TLS_KEY_FILE", String.valueOf(clientFiles.key()));
  }

  private StandInService server(String host, String san) throws IOException {
    var files = CA.serverFiles(directory.resolve("server"), CA.server("keyservice", san));
    return StandInService.start(files, Clock.systemUTC(), host);
  }
}
