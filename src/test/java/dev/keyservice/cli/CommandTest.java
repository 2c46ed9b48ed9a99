package dev.keyservice.cli;

import dev.keyservice.client.StandInService;
import dev.keyservice.client.TestAuthority;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Commands against a stand-in over real mutual TLS.
abstract class CommandTest {
  @TempDir static Path certificates;

  private static TestAuthority authority;
  private static TestAuthority.Pair server;
  private static TestAuthority.Pair alice;

  @TempDir Path directory;

  StandInService service;

  @BeforeAll
  static void mint() {
    authority = TestAuthority.in(certificates);
    server = authority.server("localhost");
    alice = authority.client("alice");
  }

  @BeforeEach
  void start() {
    service = StandInService.start(authority.ca(), server);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  /// A stand-in that takes clients without a certificate, too.
  StandInService withOptionalCertificates() {
    return StandInService.withOptionalCertificates(authority.ca(), server);
  }

  /// The settings with which alice reaches the stand-in.
  CommandRun alice() {
    return new CommandRun()
        .variable("KEYSERVICE_ADDRESS", "localhost:" + service.port())
        .variable("KEYSERVICE_TLS_CA_FILE", authority.ca().toString())
        .variable("KEYSERVICE_TLS_CERT_FILE", alice.certificate().toString())
        .variable("KEYSERVICE_TLS_KEY_FILE", alice.key().toString());
  }
}
