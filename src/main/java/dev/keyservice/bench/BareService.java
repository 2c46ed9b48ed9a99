package dev.keyservice.bench;

import dev.keyservice.config.KeyServiceConfig;
import dev.keyservice.rpc.ServiceSettings;
import dev.keyservice.transport.BareServer;
import dev.keyservice.transport.TlsMaterialLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/// The server that every figure is compared with: it answers with the same bytes over the same
/// transport, and does nothing else. It says nothing of identity, access or keys, so it is for
/// benchmarks alone.
public final class BareService {
  private BareService() {}

  /// Opens the port as a service with these settings would. It stays open until the process ends.
  ///
  /// @param answers a directory that [Answers] were kept in
  /// @return the port
  /// @throws dev.keyservice.failure.SettingRefused when a setting is no good
  public static int start(KeyServiceConfig config, Path answers) throws IOException {
    var settings = ServiceSettings.port(config, List.of());
    var times = ServiceSettings.tlsTimes(config);
    var material =
        new TlsMaterialLoader(Clock.systemUTC(), times.crlGrace())
            .load(ServiceSettings.tlsFiles(config));
    return new BareServer(settings, material, Answers.services(answers)).port();
  }
}
