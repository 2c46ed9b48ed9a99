package dev.keyservice.bench;

import dev.keyservice.transport.BareServer;
import dev.keyservice.transport.ClientCertificates;
import dev.keyservice.transport.ListenAddress;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.ServerLimits;
import dev.keyservice.transport.ServerSettings;
import dev.keyservice.transport.TlsFiles;
import dev.keyservice.transport.TlsMaterialLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The server that every figure is compared with: it answers with the same bytes over the same
/// transport, and does nothing else. It says nothing of identity, access or keys, so it is for
/// benchmarks alone.
public final class BareService {
  /// As the service's defaults, as far as a call meets them.
  private static final ServerLimits LIMITS =
      new ServerLimits(
          2 << 20,
          16 << 10,
          1_000,
          1_000,
          100,
          Duration.ofSeconds(10),
          Duration.ofMinutes(30),
          Duration.ofHours(1),
          Duration.ofMinutes(5),
          ServerLimits.KEEP_ALIVE,
          ServerLimits.KEEP_ALIVE_TIMEOUT,
          Duration.ofSeconds(10),
          200,
          Duration.ofSeconds(30),
          ServerLimits.MINIMUM_TIME,
          Duration.ZERO);

  private BareService() {}

  /// Starts it on a free port of this machine, where it goes on until the process ends.
  ///
  /// @param ca that vouches for its clients
  /// @param answers a directory that [Answers] were kept in
  /// @return the port
  /// @throws dev.keyservice.failure.SettingRefused when one of the files is missing or no good
  public static int start(
      @Nullable Path ca, @Nullable Path certificate, @Nullable Path key, Path answers)
      throws IOException {
    var files = TlsFiles.ofServer(ca, certificate, key);
    var material = new TlsMaterialLoader(Clock.systemUTC()).load(files);
    var settings =
        new ServerSettings(
            new ListenAddress("127.0.0.1", 0),
            new PortSecurity.Tls(ClientCertificates.REQUIRED),
            LIMITS);
    return new BareServer(settings, material, Answers.services(answers)).port();
  }
}
