package dev.keyservice;

import dev.keyservice.maintenance.DevEnvironment;
import dev.keyservice.transport.PortSecurity;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.transport.ServerSettings;
import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;

/// `quarkus:dev`: makes certificates, root key and policy before the start, and says afterwards how
/// to call the service. `application.properties` points the dev profile to the same directory.
@Singleton
@IfBuildProfile("dev")
final class DevMode {
  private static final Path DIRECTORY = Path.of(".dev");
  private static final int FIRST = 1;
  private static final int LAST = 10_000;

  void prepare(@Observes @Priority(FIRST) StartupEvent event) {
    var _ = DevEnvironment.prepare(DIRECTORY);
  }

  void say(
      @Observes @Priority(LAST) StartupEvent event, RunningServer server, ServerSettings settings) {
    switch (settings.security()) {
      case PortSecurity.Tls _ -> sayWithTls(server.port());
      case PortSecurity.Plaintext _ -> sayWithoutTls(server.port());
    }
  }

  private static void sayWithTls(int port) {
    System.out.printf(
        """

        keyservice serves on localhost:%d with certificates from %s. Call it from another terminal:

          export KEYSERVICE_ADDRESS=localhost:%d KEYSERVICE_TLS_CA_FILE=%s/ca.pem \\
            KEYSERVICE_TLS_CERT_FILE=%s/dev-client.pem KEYSERVICE_TLS_KEY_FILE=%s/dev-client-key.pem
          deploy/bin/keyservice key create demo/letters
          echo 'Hello' | deploy/bin/keyservice encrypt demo/letters | deploy/bin/keyservice decrypt demo/letters

        """,
        port, DIRECTORY, port, DIRECTORY, DIRECTORY, DIRECTORY);
  }

  private static void sayWithoutTls(int port) {
    System.out.printf(
        """

        keyservice serves on localhost:%d WITHOUT TLS. Call it from another terminal:

          export KEYSERVICE_ADDRESS=localhost:%d KEYSERVICE_TLS_ENABLED=false
          deploy/bin/keyservice key create demo/letters
          echo 'Hello' | deploy/bin/keyservice encrypt demo/letters | deploy/bin/keyservice decrypt demo/letters

        Anyone on this machine may, as insecure:local, which %s/policy.yaml lets do everything
        (delete that file when it is older than this and does not).

        """,
        port, port, DIRECTORY);
  }
}
